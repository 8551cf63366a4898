/* One end of a mutual TLS connection on BearSSL: peer ROLE HOST PORT CERTIFICATE KEY CA VERSION. */
#include <arpa/inet.h>
#include <bearssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define MOST 16
struct object { char name[64]; unsigned char *data; size_t size; };
static struct object objects[3][MOST];

static void append(void *to, const void *data, size_t size)
{
    struct object *object = to;
    object->data = realloc(object->data, object->size + size);
    memcpy(object->data + object->size, data, size);
    object->size += size;
}

/* Read the objects of a PEM file. */
static size_t read_pem(const char *path, struct object *found)
{
    static char text[65536];
    FILE *file = fopen(path, "rb");
    size_t size, done = 0, count = 0;
    br_pem_decoder_context decoder;
    if (!file) exit(2);
    size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size++] = '\n';
    br_pem_decoder_init(&decoder);
    while (done < size) {
        done += br_pem_decoder_push(&decoder, text + done, size - done);
        switch (br_pem_decoder_event(&decoder)) {
        case BR_PEM_BEGIN_OBJ:
            snprintf(found[count].name, sizeof found[count].name, "%s", br_pem_decoder_name(&decoder));
            br_pem_decoder_setdest(&decoder, append, &found[count]);
            break;
        case BR_PEM_END_OBJ:
            if (count + 1 < MOST) count++;
            break;
        }
    }
    return count;
}

static br_x509_pkey copy_key(br_x509_pkey *key)
{
    br_x509_pkey own = *key;
    if (key->key_type == BR_KEYTYPE_RSA) {
        own.key.rsa.n = memcpy(malloc(key->key.rsa.nlen), key->key.rsa.n, key->key.rsa.nlen);
        own.key.rsa.e = memcpy(malloc(key->key.rsa.elen), key->key.rsa.e, key->key.rsa.elen);
    } else {
        own.key.ec.q = memcpy(malloc(key->key.ec.qlen), key->key.ec.q, key->key.ec.qlen);
    }
    return own;
}

static size_t anchors_of(struct object *found, size_t count, br_x509_trust_anchor *anchors)
{
    for (size_t place = 0; place < count; place++) {
        struct object name = {0};
        br_x509_decoder_context decoder;
        br_x509_decoder_init(&decoder, append, &name);
        br_x509_decoder_push(&decoder, found[place].data, found[place].size);
        anchors[place].dn.data = name.data;
        anchors[place].dn.len = name.size;
        anchors[place].flags = BR_X509_TA_CA;
        anchors[place].pkey = copy_key(br_x509_decoder_get_pkey(&decoder));
    }
    return count;
}

static int take(void *line, unsigned char *data, size_t size) { ssize_t got = recv(*(int *)line, data, size, 0); return got > 0 ? (int)got : -1; }
static int give(void *line, const unsigned char *data, size_t size) { ssize_t sent = send(*(int *)line, data, size, MSG_NOSIGNAL); return sent > 0 ? (int)sent : -1; }

int main(int count, char **words)
{
    static unsigned char buffer[BR_SSL_BUFSIZE_BIDI];
    static br_ssl_client_context client;
    static br_ssl_server_context server;
    static br_x509_minimal_context x509;
    br_ssl_engine_context *engine;
    br_x509_trust_anchor anchors[MOST];
    br_x509_certificate chain[MOST];
    size_t links = 0, trusted = anchors_of(objects[2], read_pem(words[6], objects[2]), anchors);
    br_skey_decoder_context key;
    br_sslio_context io;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(words[3]))};
    struct timeval patience = {5, 0};
    int is_server = !strcmp(words[1], "server"), plain = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    char byte = 0;
    (void)count;
    if (strcmp(words[4], "-")) {
        links = read_pem(words[4], objects[0]);
        for (size_t place = 0; place < links; place++) {
            chain[place].data = objects[0][place].data;
            chain[place].data_len = objects[0][place].size;
        }
        read_pem(words[5], objects[1]);
        br_skey_decoder_init(&key);
        br_skey_decoder_push(&key, objects[1][0].data, objects[1][0].size);
    }
    inet_pton(AF_INET, words[2], &address.sin_addr);
    if (is_server) {
        setsockopt(plain, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (bind(plain, (struct sockaddr *)&address, sizeof address) || listen(plain, 1)) return 2;
        plain = accept(plain, 0, 0);
        const br_rsa_private_key *rsa = br_skey_decoder_get_rsa(&key);
        if (rsa) br_ssl_server_init_full_rsa(&server, chain, links, rsa);
        else br_ssl_server_init_full_ec(&server, chain, links, BR_KEYTYPE_EC, br_skey_decoder_get_ec(&key));
        engine = &server.eng;
        br_x509_minimal_init_full(&x509, anchors, trusted);
        br_ssl_engine_set_default_rsavrfy(engine);
        br_ssl_engine_set_default_ecdsa(engine);
        br_ssl_engine_set_x509(engine, &x509.vtable);
        br_ssl_server_set_trust_anchor_names_alt(&server, anchors, trusted);
        br_ssl_engine_set_buffer(engine, buffer, sizeof buffer, 1);
        br_ssl_server_reset(&server);
    } else {
        if (connect(plain, (struct sockaddr *)&address, sizeof address)) return 2;
        br_ssl_client_init_full(&client, &x509, anchors, trusted);
        engine = &client.eng;
        if (links) {
            const br_rsa_private_key *rsa = br_skey_decoder_get_rsa(&key);
            if (rsa) br_ssl_client_set_single_rsa(&client, chain, links, rsa, br_rsa_pkcs1_sign_get_default());
            else br_ssl_client_set_single_ec(&client, chain, links, br_skey_decoder_get_ec(&key), BR_KEYTYPE_SIGN, BR_KEYTYPE_EC, br_ec_get_default(), br_ecdsa_sign_asn1_get_default());
        }
        br_ssl_engine_set_buffer(engine, buffer, sizeof buffer, 1);
        br_ssl_client_reset(&client, "irisb.example.com", 0);
    }
    setsockopt(plain, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    br_sslio_init(&io, engine, take, &plain, give, &plain);
    if (!is_server) { br_sslio_write_all(&io, "STATUS\n", 7); br_sslio_flush(&io); }
    while (br_sslio_read(&io, &byte, 1) == 1 && byte != '\n') {}
    if (is_server) { br_sslio_write_all(&io, "OK\n", 3); br_sslio_flush(&io); }
    if (br_ssl_engine_last_error(engine) == 0) br_sslio_close(&io);
    fprintf(stderr, "error %d\n", br_ssl_engine_last_error(engine));
    close(plain);
    return 0;
}
