/* One end of a mutual TLS connection on wolfSSL: peer ROLE HOST PORT CERTIFICATE KEY CA VERSION. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

static void check(int good, const char *what) {
    if (!good) {
        fprintf(stderr, "%s\n", what);
        exit(1);
    }
}

static int dial_or_accept(int is_server, const char *host, const char *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
    inet_pton(AF_INET, host, &address.sin_addr);
    int line = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    setsockopt(line, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (!is_server) {
        check(connect(line, (struct sockaddr *)&address, sizeof address) == 0, "connect");
        return line;
    }
    check(bind(line, (struct sockaddr *)&address, sizeof address) == 0, "bind");
    check(listen(line, 1) == 0, "listen");
    return accept(line, NULL, NULL);
}

int main(int count, char **words) {
    check(count == 8, "peer ROLE HOST PORT CERTIFICATE KEY CA VERSION");
    int is_server = strcmp(words[1], "server") == 0, is_newest = strcmp(words[7], "1.3") == 0;
    wolfSSL_Init();
    WOLFSSL_METHOD *method = is_server ? (is_newest ? wolfTLSv1_3_server_method() : wolfTLSv1_2_server_method())
                                       : (is_newest ? wolfTLSv1_3_client_method() : wolfTLSv1_2_client_method());
    WOLFSSL_CTX *context = wolfSSL_CTX_new(method);
    check(wolfSSL_CTX_load_verify_locations(context, words[6], NULL) == SSL_SUCCESS, "CA file");
    wolfSSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    if (strcmp(words[4], "-") != 0) {
        check(wolfSSL_CTX_use_certificate_chain_file(context, words[4]) == SSL_SUCCESS, "certificate");
        check(wolfSSL_CTX_use_PrivateKey_file(context, words[5], SSL_FILETYPE_PEM) == SSL_SUCCESS, "key");
    }
    int line = dial_or_accept(is_server, words[2], words[3]);
    struct timeval patience = {.tv_sec = 5};
    setsockopt(line, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    WOLFSSL *tls = wolfSSL_new(context);
    wolfSSL_set_fd(tls, line);
    int done = is_server ? wolfSSL_accept(tls) : wolfSSL_connect(tls);
    if (done != SSL_SUCCESS) {
        char text[128];
        fprintf(stderr, "%s\n", wolfSSL_ERR_error_string(wolfSSL_get_error(tls, done), text));
        close(line);
        return 1;
    }
    char said[256];
    if (!is_server) {
        wolfSSL_write(tls, "STATUS\n", 7);
    }
    int got = wolfSSL_read(tls, said, sizeof said);
    if (is_server && got > 0) {
        wolfSSL_write(tls, "OK\n", 3);
    }
    wolfSSL_shutdown(tls);
    close(line);
    return got > 0 ? 0 : 1;
}
