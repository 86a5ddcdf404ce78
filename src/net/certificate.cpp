#include "net/certificate.h"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/x509v3.h>

#include <array>

#include "net/detail/openssl.h"

namespace gyre::net {
namespace {

using core::Code;
using core::Result;
using detail::OpenSslFailure;
using detail::Owned;
using detail::Share;
using OwnedBio = Owned<BIO, BIO_free_all>;

constexpr std::chrono::hours kDay{24};
constexpr auto kAuthorityLife = kDay * 3650;
constexpr auto kLeafLife = kDay * 90;
/// Clients whose clocks are late still take a certificate of just now.
constexpr auto kBackdated = kDay;

OwnedBio ReadFrom(std::string_view text) {
    return OwnedBio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string TextOf(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<size_t>(size)};
}

// A key behind a pass phrase is an error: nobody is there to type it.
int NoPassPhrase(char*, int, int, void*) {
    return -1;
}

Result<std::shared_ptr<EVP_PKEY>> ReadKey(std::string_view text) {
    const OwnedBio bio = ReadFrom(text);
    EVP_PKEY* const key = PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassPhrase, nullptr);
    if (key == nullptr) {
        return OpenSslFailure(Code::kInvalidArgument,
                              "no private key in PEM without a pass phrase");
    }
    return Share(key);
}

Result<std::vector<std::shared_ptr<X509>>> ReadCertificates(std::string_view text) {
    const OwnedBio bio = ReadFrom(text);
    std::vector<std::shared_ptr<X509>> found;
    while (X509* const one = PEM_read_bio_X509(bio.get(), nullptr, NoPassPhrase, nullptr)) {
        found.push_back(Share(one));
    }
    const unsigned long last = ERR_peek_last_error();
    if (found.empty() || ERR_GET_REASON(last) != PEM_R_NO_START_LINE) {
        return OpenSslFailure(Code::kInvalidArgument, "no certificate in PEM");
    }
    ERR_clear_error();
    return found;
}

// P-256: half the bytes and a tenth of the signing time of RSA, and every client takes it.
Result<std::shared_ptr<EVP_PKEY>> NewKey() {
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    if (key == nullptr) return OpenSslFailure(Code::kInternal, "making a key");
    return Share(key);
}

bool SetTime(ASN1_TIME* into, core::WallTime time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
    return ASN1_TIME_set(into, static_cast<time_t>(seconds)) != nullptr;
}

// 159 random bits: at most 20 bytes and never negative (RFC 5280, 4.1.2.2).
bool SetSerial(X509* certificate) {
    const Owned<BIGNUM, BN_free> number(BN_new());
    return BN_rand(number.get(), 159, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
           BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool AddName(X509_NAME* name, const char* field, const std::string& value) {
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(value.data()),
                                      static_cast<int>(value.size()), -1, 0) == 1;
}

bool AddExtension(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const Owned<X509_EXTENSION, X509_EXTENSION_free> extension(
        X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool Begin(X509* certificate, EVP_PKEY* key, core::WallTime from, core::WallTime until) {
    return X509_set_version(certificate, X509_VERSION_3) == 1 && SetSerial(certificate) &&
           SetTime(X509_getm_notBefore(certificate), from) &&
           SetTime(X509_getm_notAfter(certificate), until) &&
           X509_set_pubkey(certificate, key) == 1;
}

Result<std::shared_ptr<X509>> SelfSigned(EVP_PKEY* key, core::WallTime now) {
    auto certificate = Share(X509_new());
    X509* const raw = certificate.get();
    X509_NAME* const name = X509_get_subject_name(raw);
    const bool made = Begin(raw, key, now - kBackdated, now + kAuthorityLife) &&
                      AddName(name, "O", "Gyre") && AddName(name, "CN", "Gyre local authority") &&
                      X509_set_issuer_name(raw, name) == 1 &&
                      AddExtension(raw, raw, NID_subject_key_identifier, "hash") &&
                      AddExtension(raw, raw, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                      AddExtension(raw, raw, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                      X509_sign(raw, key, EVP_sha256()) > 0;
    if (!made) return OpenSslFailure(Code::kInternal, "making an authority's certificate");
    return certificate;
}

}  // namespace

Result<Certificate> ReadCertificate(std::string_view certificates, std::string_view key) {
    GYRE_ASSIGN(auto found, ReadCertificates(certificates));
    Certificate read;
    GYRE_ASSIGN(read.key, ReadKey(key));
    read.leaf = std::move(found.front());
    read.chain.assign(std::make_move_iterator(found.begin() + 1),
                      std::make_move_iterator(found.end()));
    if (X509_check_private_key(read.leaf.get(), read.key.get()) != 1) {
        ERR_clear_error();
        return core::Fail(Code::kInvalidArgument,
                          "the key is not the first certificate's; a file begins with the server's "
                          "own certificate, and its issuers follow");
    }
    return read;
}

Result<Certificate> ReadKeyStore(std::string_view bytes, const std::string& password) {
    // Key stores of older Javas are in ciphers that OpenSSL counts as legacy.
    OSSL_PROVIDER_try_load(nullptr, "legacy", 1);
    const OwnedBio bio = ReadFrom(bytes);
    const Owned<PKCS12, PKCS12_free> store(d2i_PKCS12_bio(bio.get(), nullptr));
    if (!store) return OpenSslFailure(Code::kInvalidArgument, "no key store in PKCS #12");
    EVP_PKEY* key = nullptr;
    X509* leaf = nullptr;
    STACK_OF(X509)* others = nullptr;
    if (PKCS12_parse(store.get(), password.c_str(), &key, &leaf, &others) != 1) {
        return OpenSslFailure(Code::kInvalidArgument, "the key store cannot be read");
    }
    Certificate read;
    if (key != nullptr) read.key = Share(key);
    if (leaf != nullptr) read.leaf = Share(leaf);
    while (X509* const one = sk_X509_shift(others)) read.chain.push_back(Share(one));
    sk_X509_free(others);
    if (!read.key || !read.leaf) {
        return core::Fail(Code::kInvalidArgument, "the key store has no key with a certificate");
    }
    return read;
}

Result<CertificateAuthority> CertificateAuthority::Make(core::WallTime now) {
    CertificateAuthority authority;
    GYRE_ASSIGN(authority.key_, NewKey());
    GYRE_ASSIGN(authority.leaf_key_, NewKey());
    GYRE_ASSIGN(authority.certificate_, SelfSigned(authority.key_.get(), now));
    return authority;
}

Result<CertificateAuthority> CertificateAuthority::Read(std::string_view certificate,
                                                        std::string_view key) {
    GYRE_ASSIGN(Certificate read, ReadCertificate(certificate, key));
    CertificateAuthority authority;
    if (X509_check_ca(read.leaf.get()) != 1) {
        return core::Fail(Code::kInvalidArgument, "it is no authority's certificate");
    }
    authority.certificate_ = std::move(read.leaf);
    authority.key_ = std::move(read.key);
    GYRE_ASSIGN(authority.leaf_key_, NewKey());
    return authority;
}

Result<CertificateAuthority> CertificateAuthority::Renew(std::string_view key, core::WallTime now) {
    CertificateAuthority authority;
    GYRE_ASSIGN(authority.key_, ReadKey(key));
    GYRE_ASSIGN(authority.leaf_key_, NewKey());
    GYRE_ASSIGN(authority.certificate_, SelfSigned(authority.key_.get(), now));
    return authority;
}

std::string CertificateAuthority::CertificatePem() const {
    const OwnedBio bio(BIO_new(BIO_s_mem()));
    GYRE_CHECK(PEM_write_bio_X509(bio.get(), certificate_.get()) == 1);
    return TextOf(bio.get());
}

std::string CertificateAuthority::KeyPem() const {
    const OwnedBio bio(BIO_new(BIO_s_mem()));
    GYRE_CHECK(PEM_write_bio_PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr,
                                        nullptr) == 1);
    return TextOf(bio.get());
}

core::WallTime CertificateAuthority::NotAfter() const {
    std::tm parts{};
    GYRE_CHECK(ASN1_TIME_to_tm(X509_get0_notAfter(certificate_.get()), &parts) == 1);
    return core::WallTime(std::chrono::seconds(::timegm(&parts)));
}

Result<Certificate> CertificateAuthority::Issue(const CertificateNames& names,
                                                core::WallTime now) const {
    std::string subjects;
    const auto add = [&](const char* kind, const std::vector<std::string>& values) {
        for (const std::string& value : values) {
            // The extension is written as a list; a comma in a name would begin another name.
            if (value.empty() || value.find_first_of(",\r\n ") != std::string::npos) return false;
            subjects += (subjects.empty() ? "" : ",") + std::string(kind) + value;
        }
        return true;
    };
    if (!add("DNS:", names.dns) || !add("IP:", names.addresses) || subjects.empty()) {
        return core::Fail(Code::kInvalidArgument, "a certificate needs names without spaces");
    }
    const std::string& first = names.dns.empty() ? names.addresses.front() : names.dns.front();
    Certificate issued{Share(X509_new()), leaf_key_, {}};
    X509* const raw = issued.leaf.get();
    X509* const issuer = certificate_.get();
    const auto until = std::min<core::WallTime>(now + kLeafLife, NotAfter());
    constexpr size_t kMaxCommonName = 64;
    const bool made =
        Begin(raw, leaf_key_.get(), now - kBackdated, until) &&
        AddName(X509_get_subject_name(raw), "O", "Gyre") &&
        (first.size() > kMaxCommonName || AddName(X509_get_subject_name(raw), "CN", first)) &&
        X509_set_issuer_name(raw, X509_get_subject_name(issuer)) == 1 &&
        AddExtension(raw, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
        AddExtension(raw, issuer, NID_key_usage, "critical,digitalSignature") &&
        AddExtension(raw, issuer, NID_ext_key_usage, "serverAuth") &&
        AddExtension(raw, issuer, NID_subject_key_identifier, "hash") &&
        AddExtension(raw, issuer, NID_authority_key_identifier, "keyid:always") &&
        AddExtension(raw, issuer, NID_subject_alt_name, subjects) &&
        X509_sign(raw, key_.get(), EVP_sha256()) > 0;
    if (!made) return OpenSslFailure(Code::kInvalidArgument, "issuing a certificate for " + first);
    return issued;
}

}  // namespace gyre::net
