// One end of a mutual TLS connection on rustls: peer ROLE HOST PORT CERTIFICATE KEY CA VERSION.
use rustls::server::AllowAnyAuthenticatedClient;
use rustls::{Certificate, ClientConfig, ClientConnection, PrivateKey, RootCertStore, ServerConfig, ServerConnection, Stream};
use std::error::Error;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

fn certificates(path: &str) -> Result<Vec<Certificate>, Box<dyn Error>> {
    let found = rustls_pemfile::certs(&mut BufReader::new(File::open(path)?))?;
    Ok(found.into_iter().map(Certificate).collect())
}

fn key(path: &str) -> Result<PrivateKey, Box<dyn Error>> {
    let found = rustls_pemfile::pkcs8_private_keys(&mut BufReader::new(File::open(path)?))?;
    Ok(PrivateKey(found.into_iter().next().ok_or("no key")?))
}

fn talk<L: Read + Write>(mut line: L, is_server: bool) -> Result<(), Box<dyn Error>> {
    if !is_server {
        line.write_all(b"STATUS\n")?;
    }
    let mut byte = [0u8; 1];
    while line.read(&mut byte)? == 1 && byte[0] != b'\n' {}
    if is_server {
        line.write_all(b"OK\n")?;
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().collect();
    let is_server = words[1] == "server";
    let address = format!("{}:{}", words[2], words[3]);
    let mut authorities = RootCertStore::empty();
    for authority in certificates(&words[6])? {
        authorities.add(&authority)?;
    }
    let versions: &[&rustls::SupportedProtocolVersion] =
        if words[7] == "1.2" { &[&rustls::version::TLS12] } else { rustls::ALL_VERSIONS };
    if is_server {
        let config = ServerConfig::builder()
            .with_safe_default_cipher_suites()
            .with_safe_default_kx_groups()
            .with_protocol_versions(versions)?
            .with_client_cert_verifier(AllowAnyAuthenticatedClient::new(authorities))
            .with_single_cert(certificates(&words[4])?, key(&words[5])?)?;
        let (mut plain, _) = TcpListener::bind(&address)?.accept()?;
        plain.set_read_timeout(Some(Duration::from_secs(5)))?;
        let mut tls = ServerConnection::new(Arc::new(config))?;
        let done = talk(Stream::new(&mut tls, &mut plain), true);
        tls.send_close_notify();
        while tls.wants_write() && tls.write_tls(&mut plain).is_ok() {}
        return done;
    }
    let builder = ClientConfig::builder()
        .with_safe_default_cipher_suites()
        .with_safe_default_kx_groups()
        .with_protocol_versions(versions)?
        .with_root_certificates(authorities);
    let config = if words[4] == "-" {
        builder.with_no_client_auth()
    } else {
        builder.with_single_cert(certificates(&words[4])?, key(&words[5])?)?
    };
    let mut plain = TcpStream::connect(&address)?;
    plain.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut tls = ClientConnection::new(Arc::new(config), "irisb.example.com".try_into()?)?;
    let done = talk(Stream::new(&mut tls, &mut plain), false);
    tls.send_close_notify();
    while tls.wants_write() && tls.write_tls(&mut plain).is_ok() {}
    done
}
