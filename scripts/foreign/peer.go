// One end of a mutual TLS connection on Go's crypto/tls: peer ROLE HOST PORT CERTIFICATE KEY CA VERSION.
// It does not compare certificate and key, so that a lab can mix them up.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"time"
)

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func identity(certificates, key string) tls.Certificate {
	var identity tls.Certificate
	rest, err := os.ReadFile(certificates)
	fail(err)
	for block, rest := pem.Decode(rest); block != nil; block, rest = pem.Decode(rest) {
		identity.Certificate = append(identity.Certificate, block.Bytes)
	}
	text, err := os.ReadFile(key)
	fail(err)
	block, _ := pem.Decode(text)
	identity.PrivateKey, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	fail(err)
	return identity
}

func main() {
	role, address := os.Args[1], net.JoinHostPort(os.Args[2], os.Args[3])
	authorities := x509.NewCertPool()
	trusted, err := os.ReadFile(os.Args[6])
	fail(err)
	authorities.AppendCertsFromPEM(trusted)
	version := map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}[os.Args[7]]
	config := &tls.Config{
		RootCAs:    authorities,
		ClientCAs:  authorities,
		ClientAuth: tls.RequireAndVerifyClientCert,
		MinVersion: tls.VersionTLS12,
		MaxVersion: version,
		ServerName: "irisb.example.com",
	}
	if os.Args[4] != "-" {
		config.Certificates = []tls.Certificate{identity(os.Args[4], os.Args[5])}
	}
	var line net.Conn
	if role == "server" {
		listener, err := net.Listen("tcp", address)
		fail(err)
		plain, err := listener.Accept()
		fail(err)
		line = tls.Server(plain, config)
	} else {
		plain, err := net.Dial("tcp", address)
		fail(err)
		line = tls.Client(plain, config)
	}
	line.SetDeadline(time.Now().Add(5 * time.Second))
	if role == "client" {
		_, err = fmt.Fprintln(line, "STATUS")
		fail(err)
	}
	_, err = bufio.NewReader(line).ReadString('\n')
	fail(err)
	if role == "server" {
		_, err = fmt.Fprintln(line, "OK")
		fail(err)
	}
	line.Close()
}
