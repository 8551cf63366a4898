import java.io.FileInputStream;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.Security;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.jsse.provider.BouncyCastleJsseProvider;

/** One end of a mutual TLS connection on JSSE of Bouncy Castle: BouncyPeer ROLE HOST PORT CERTIFICATE KEY CA VERSION. */
public final class BouncyPeer {
    private static final char[] NO_PASSWORD = new char[0];

    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        Security.addProvider(new BouncyCastleJsseProvider());
        SSLContext context = context(arguments[3], arguments[4], arguments[5]);
        InetAddress host = InetAddress.getByName(arguments[1]);
        int port = Integer.parseInt(arguments[2]);
        boolean isServer = arguments[0].equals("server");
        SSLSocket line;
        if (isServer) {
            SSLServerSocket listener =
                    (SSLServerSocket) context.getServerSocketFactory().createServerSocket(port, 1, host);
            listener.setNeedClientAuth(true);
            line = (SSLSocket) listener.accept();
        } else {
            line = (SSLSocket) context.getSocketFactory().createSocket(host, port);
        }
        line.setSoTimeout(5000);
        line.setEnabledProtocols(
                arguments[6].equals("1.2") ? new String[] {"TLSv1.2"} : new String[] {"TLSv1.2", "TLSv1.3"});
        line.startHandshake();
        if (!isServer) {
            line.getOutputStream().write("STATUS\n".getBytes());
        }
        int character;
        do {
            character = line.getInputStream().read();
        } while (character >= 0 && character != '\n');
        if (isServer) {
            line.getOutputStream().write("OK\n".getBytes());
        }
        line.close();
    }

    private static SSLContext context(String certificate, String key, String authorities) throws Exception {
        KeyStore own = empty();
        if (!certificate.equals("-")) {
            own.setKeyEntry("own", key(key), NO_PASSWORD, certificates(certificate));
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX", "BCJSSE");
        keys.init(own, NO_PASSWORD);
        KeyStore trusted = empty();
        for (Certificate authority : certificates(authorities)) {
            trusted.setCertificateEntry(String.valueOf(trusted.size()), authority);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX", "BCJSSE");
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS", "BCJSSE");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    private static KeyStore empty() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, NO_PASSWORD);
        return store;
    }

    private static Certificate[] certificates(String path) throws Exception {
        try (InputStream file = new FileInputStream(path)) {
            return CertificateFactory.getInstance("X.509").generateCertificates(file).toArray(new Certificate[0]);
        }
    }

    private static PrivateKey key(String path) throws Exception {
        String pem = Files.readString(Path.of(path)).replaceAll("-----.*-----", "").replaceAll("\\s", "");
        return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
    }
}
