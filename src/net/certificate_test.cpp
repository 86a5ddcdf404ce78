#include "net/certificate.h"

#include <doctest/doctest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <fstream>

#include "core/temp_dir.h"
#include "net/detail/openssl.h"
#include "net/server_certificates.h"

using namespace gyre;

namespace {

std::shared_ptr<const net::CertificateAuthority> MakeAuthority(const core::Clock& clock) {
    auto made = net::CertificateAuthority::Make(clock.WallNow());
    REQUIRE(made);
    return std::make_shared<const net::CertificateAuthority>(std::move(*made));
}

bool IsFor(const net::Certificate& certificate, const std::string& host) {
    return X509_check_host(certificate.leaf.get(), host.c_str(), host.size(), 0, nullptr) == 1 ||
           X509_check_ip_asc(certificate.leaf.get(), host.c_str(), 0) == 1;
}

bool IsSignedBy(const net::Certificate& certificate, const std::string& authority_pem,
                const std::string& key_pem) {
    const auto authority = net::ReadCertificate(authority_pem, key_pem);
    REQUIRE(authority);
    return X509_check_issued(authority->leaf.get(), certificate.leaf.get()) == X509_V_OK &&
           X509_verify(certificate.leaf.get(), authority->key.get()) == 1;
}

std::string Pem(const net::Certificate& certificate) {
    std::string pem;
    BIO* const bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, certificate.leaf.get());
    PEM_write_bio_PrivateKey(bio, certificate.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    pem.assign(data, static_cast<size_t>(size));
    BIO_free(bio);
    return pem;
}

}  // namespace

TEST_CASE("an authority issues for names and addresses, and is the same when it is read again") {
    core::FakeClock clock;
    const auto authority = MakeAuthority(clock);
    const auto issued = authority->Issue(
        {.dns = {"sts.us-east-1.amazonaws.com", "localhost"}, .addresses = {"127.0.0.1", "::1"}},
        clock.WallNow());
    REQUIRE(issued);
    CHECK(IsFor(*issued, "sts.us-east-1.amazonaws.com"));
    CHECK(IsFor(*issued, "127.0.0.1"));
    CHECK(IsFor(*issued, "::1"));
    CHECK_FALSE(IsFor(*issued, "iam.amazonaws.com"));
    CHECK(IsSignedBy(*issued, authority->CertificatePem(), authority->KeyPem()));

    const auto again =
        net::CertificateAuthority::Read(authority->CertificatePem(), authority->KeyPem());
    REQUIRE(again);
    CHECK(again->NotAfter() == authority->NotAfter());
    const auto other = again->Issue({.dns = {"x"}, .addresses = {}}, clock.WallNow());
    CHECK(IsSignedBy(*other, authority->CertificatePem(), authority->KeyPem()));

    const auto renewed = net::CertificateAuthority::Renew(authority->KeyPem(), clock.WallNow());
    REQUIRE(renewed);
    const auto third = renewed->Issue({.dns = {"x"}, .addresses = {}}, clock.WallNow());
    CHECK(IsSignedBy(*third, authority->CertificatePem(), authority->KeyPem()));

    const std::string long_name = std::string(63, 'a') + "." + std::string(63, 'b') + ".example";
    CHECK(IsFor(*authority->Issue({.dns = {long_name}, .addresses = {}}, clock.WallNow()),
                long_name));
}

TEST_CASE("what is no authority, no key or no name is refused") {
    core::FakeClock clock;
    const auto authority = MakeAuthority(clock);
    const auto other = MakeAuthority(clock);
    const std::string certificate = authority->CertificatePem();
    CHECK_FALSE(net::CertificateAuthority::Read(certificate, other->KeyPem()));
    CHECK_FALSE(net::CertificateAuthority::Read("", authority->KeyPem()));
    CHECK_FALSE(net::CertificateAuthority::Read(certificate.substr(0, 200), authority->KeyPem()));
    CHECK_FALSE(net::CertificateAuthority::Read(certificate, "no key"));
    CHECK_FALSE(net::CertificateAuthority::Renew("", clock.WallNow()));
    const auto leaf = authority->Issue({.dns = {"x"}, .addresses = {}}, clock.WallNow());
    CHECK_FALSE(net::CertificateAuthority::Read(Pem(*leaf), Pem(*leaf)));
    CHECK_FALSE(authority->Issue({}, clock.WallNow()));
    CHECK_FALSE(authority->Issue({.dns = {"a,DNS:b"}, .addresses = {}}, clock.WallNow()));
    CHECK_FALSE(authority->Issue({.dns = {}, .addresses = {"nowhere"}}, clock.WallNow()));
}

TEST_CASE("a server shows the certificate of the name that was asked for") {
    core::FakeClock clock;
    const auto authority = MakeAuthority(clock);
    auto opened = net::ServerCertificates::Open(
        {.authority = authority,
         .clock = &clock,
         .certificate = {},
         .key = {},
         .names = {"gyre.lan"},
         .issues = [](std::string_view name) { return name.ends_with(".amazonaws.com"); }});
    REQUIRE(opened);
    auto& certificates = **opened;
    const auto sts = certificates.Choose("STS.us-east-1.amazonaws.com.", "127.0.0.1");
    CHECK(IsFor(*sts, "sts.us-east-1.amazonaws.com"));
    const auto again = certificates.Choose("sts.us-east-1.amazonaws.com", "127.0.0.1");
    CHECK(again->leaf == sts->leaf);
    for (const char* name : {"", "gyre.lan", "elsewhere.example"}) {
        const auto own = certificates.Choose(name, "10.1.2.3");
        CHECK(IsFor(*own, "gyre.lan"));
        CHECK(IsFor(*own, "10.1.2.3"));
        CHECK(IsFor(*own, "localhost"));
        CHECK_FALSE(IsFor(*own, "elsewhere.example"));
    }
    // More names than are kept: still answered, and what was dropped is issued anew.
    for (int i = 0; i < 1100; ++i) {
        CHECK(certificates.Choose("b" + std::to_string(i) + ".s3.amazonaws.com", ""));
    }
    CHECK(certificates.Choose("sts.us-east-1.amazonaws.com", "")->leaf != sts->leaf);
    CHECK_FALSE(certificates.Choose("a b.amazonaws.com", ""));

    const auto before = certificates.Choose("iam.amazonaws.com", "");
    clock.SetWall(clock.WallNow() + std::chrono::hours(24 * 61));
    const auto after = certificates.Choose("iam.amazonaws.com", "");
    CHECK(X509_cmp(before->leaf.get(), after->leaf.get()) != 0);
}

TEST_CASE("a user's certificate is read again when it changes, and kept while it is half written") {
    core::FakeClock clock;
    const core::TempDir folder;
    const auto file = folder.Path() / "server.pem";
    const auto authority = MakeAuthority(clock);
    const auto write = [&](const std::string& text, int age) {
        std::ofstream(file) << text;
        std::filesystem::last_write_time(
            file, std::filesystem::file_time_type::clock::now() - std::chrono::minutes(age));
    };
    const net::ServerCertificatesOptions options{.authority = authority,
                                                 .clock = &clock,
                                                 .certificate = file,
                                                 .key = file,
                                                 .names = {},
                                                 .issues = nullptr};
    CHECK_FALSE(net::ServerCertificates::Open(options));
    write(Pem(*authority->Issue({.dns = {"one"}, .addresses = {}}, clock.WallNow())), 3);
    auto certificates = net::ServerCertificates::Open(options);
    REQUIRE(certificates);
    CHECK(IsFor(*(*certificates)->Choose("whoever", ""), "one"));
    write("-----BEGIN", 2);
    clock.Advance(core::seconds(2));
    CHECK(IsFor(*(*certificates)->Choose("", ""), "one"));
    write(Pem(*authority->Issue({.dns = {"two"}, .addresses = {}}, clock.WallNow())), 1);
    clock.Advance(core::seconds(2));
    CHECK(IsFor(*(*certificates)->Choose("", ""), "two"));
    std::filesystem::remove(file);
    clock.Advance(core::seconds(2));
    CHECK(IsFor(*(*certificates)->Choose("", ""), "two"));
    auto half = options;
    half.key.clear();
    CHECK_FALSE(net::ServerCertificates::Open(half));
}
