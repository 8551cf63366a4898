import java.io.FileInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** JSSE as a peer: client or server for one connection, with what it experienced on standard output. */
public final class MirrorPeer {
    private static final byte[] HELLO = "hello\n".getBytes();

    private MirrorPeer() {
    }

    /** Arguments: role, port, protocol, CA file (PEM), PKCS#12 file or "-", password, "speaks" or "listens". */
    public static void main(String[] arguments) throws Exception {
        SSLContext context = context(arguments[3], arguments[4], arguments[5].toCharArray());
        String[] protocols = {arguments[2]};
        try {
            if (arguments[0].equals("client")) {
                dial(context, Integer.parseInt(arguments[1]), protocols, arguments[6].equals("speaks"));
            } else {
                answer(context, protocols);
            }
        } catch (IOException error) {
            System.out.println(error.getClass().getSimpleName() + ": " + error.getMessage());
        }
    }

    private static SSLContext context(String ca, String own, char[] password) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (FileInputStream file = new FileInputStream(ca)) {
            int number = 0;
            for (Certificate certificate : CertificateFactory.getInstance("X.509").generateCertificates(file)) {
                trusted.setCertificateEntry("ca" + number++, certificate);
            }
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        KeyStore identity = KeyStore.getInstance("PKCS12");
        if (own.equals("-")) {
            identity.load(null, null);
        } else {
            try (FileInputStream file = new FileInputStream(own)) {
                identity.load(file, password);
            }
        }
        keys.init(identity, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    private static void dial(SSLContext context, int port, String[] protocols, boolean speaks) throws IOException {
        InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(loopback, port)) {
            socket.setEnabledProtocols(protocols);
            socket.startHandshake();
            if (speaks) {
                socket.getOutputStream().write(HELLO);
            }
            report(socket.getInputStream().readNBytes(HELLO.length));
        }
    }

    private static void answer(SSLContext context, String[] protocols) throws IOException {
        InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
        try (SSLServerSocket listener =
                (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0, 16, loopback)) {
            listener.setNeedClientAuth(true);
            listener.setEnabledProtocols(protocols);
            System.out.println(listener.getLocalPort());
            System.out.flush();
            try (SSLSocket socket = (SSLSocket) listener.accept()) {
                socket.startHandshake();
                byte[] data = socket.getInputStream().readNBytes(HELLO.length);
                report(data);
                socket.getOutputStream().write(data);
            }
        }
    }

    private static void report(byte[] data) {
        boolean isWhole = Arrays.equals(data, HELLO) || new String(data).equals("olleh\n");
        System.out.println("received " + (isWhole ? "the greeting" : data.length + " bytes"));
    }
}
