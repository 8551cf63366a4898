// One end of a mutual TLS connection on Botan: peer ROLE HOST PORT CERTIFICATE KEY CA VERSION.
#include <botan/auto_rng.h>
#include <botan/certstor.h>
#include <botan/credentials_manager.h>
#include <botan/data_src.h>
#include <botan/pkcs8.h>
#include <botan/tls_client.h>
#include <botan/tls_server.h>
#include <arpa/inet.h>
#include <iostream>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

using namespace Botan;

class Credentials : public Credentials_Manager {
public:
    Credentials(const std::string& certificate, const std::string& key, const std::string& ca, RandomNumberGenerator& rng)
    {
        DataSource_Stream trusted(ca);
        while (!trusted.end_of_data()) {
            try { authorities.add_certificate(X509_Certificate(trusted)); } catch (std::exception&) { break; }
        }
        if (certificate == "-") return;
        DataSource_Stream own(certificate);
        while (!own.end_of_data()) {
            try { chain.push_back(X509_Certificate(own)); } catch (std::exception&) { break; }
        }
        DataSource_Stream secret(key);
        this->key.reset(PKCS8::load_key(secret, rng));
    }
    std::vector<Certificate_Store*> trusted_certificate_authorities(const std::string&, const std::string&) override { return {&authorities}; }
    std::vector<X509_Certificate> cert_chain(const std::vector<std::string>& types, const std::string&, const std::string&) override
    {
        for (const auto& type : types)
            if (key && type == key->algo_name()) return chain;
        return {};
    }
    Private_Key* private_key_for(const X509_Certificate&, const std::string&, const std::string&) override { return key.get(); }
private:
    Certificate_Store_In_Memory authorities;
    std::vector<X509_Certificate> chain;
    std::unique_ptr<Private_Key> key;
};

class Policy : public TLS::Policy {
public:
    bool require_client_certificate_authentication() const override { return true; }
    bool request_client_certificate_authentication() const override { return true; }
    bool require_cert_revocation_info() const override { return false; }
};

class Line : public TLS::Callbacks {
public:
    explicit Line(int socket) : socket(socket) {}
    void tls_emit_data(const uint8_t data[], size_t size) override
    {
        while (size > 0) {
            ssize_t sent = send(socket, data, size, MSG_NOSIGNAL);
            if (sent <= 0) return;
            data += sent; size -= sent;
        }
    }
    void tls_record_received(uint64_t, const uint8_t data[], size_t size) override { got.append(reinterpret_cast<const char*>(data), size); }
    void tls_alert(TLS::Alert alert) override { std::cerr << "alert " << alert.type_string() << "\n"; }
    bool tls_session_established(const TLS::Session&) override { return false; }
    int socket;
    std::string got;
};

int main(int, char** words)
{
    bool is_server = std::string(words[1]) == "server";
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(std::stoi(words[3]));
    inet_pton(AF_INET, words[2], &address.sin_addr);
    int plain = socket(AF_INET, SOCK_STREAM, 0);
    if (is_server) {
        int on = 1;
        setsockopt(plain, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (bind(plain, reinterpret_cast<sockaddr*>(&address), sizeof address) || listen(plain, 1)) return 2;
        plain = accept(plain, nullptr, nullptr);
    } else if (connect(plain, reinterpret_cast<sockaddr*>(&address), sizeof address)) return 2;
    timeval patience{5, 0};
    setsockopt(plain, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    AutoSeeded_RNG rng;
    Credentials credentials(words[4], words[5], words[6], rng);
    Policy policy;
    TLS::Session_Manager_Noop sessions;
    Line line(plain);
    std::unique_ptr<TLS::Channel> tls;
    try {
        if (is_server) tls.reset(new TLS::Server(line, sessions, credentials, policy, rng));
        else tls.reset(new TLS::Client(line, sessions, credentials, policy, rng, TLS::Server_Information("irisb.example.com", std::stoi(words[3])), TLS::Protocol_Version::TLS_V12));
        bool asked = is_server;
        uint8_t buffer[16384];
        while (line.got.find('\n') == std::string::npos) {
            if (tls->is_active() && !asked) { tls->send("STATUS\n"); asked = true; }
            ssize_t size = recv(plain, buffer, sizeof buffer, 0);
            if (size <= 0) { std::cerr << "end of stream\n"; break; }
            tls->received_data(buffer, size);
            if (tls->is_closed()) break;
        }
        if (is_server && tls->is_active()) tls->send("OK\n");
        tls->close();
    } catch (std::exception& error) {
        std::cerr << error.what() << "\n";
        close(plain);
        return 1;
    }
    close(plain);
    return 0;
}
