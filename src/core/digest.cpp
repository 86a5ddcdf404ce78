#include "core/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "core/result.h"

namespace gyre::core {
namespace {

const unsigned char* Bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

const EVP_MD* Algorithm(DigestKind kind) {
    switch (kind) {
        case DigestKind::kMd5:
            return EVP_md5();
        case DigestKind::kSha1:
            return EVP_sha1();
        case DigestKind::kSha256:
            return EVP_sha256();
        case DigestKind::kSha384:
            return EVP_sha384();
        case DigestKind::kSha512:
            return EVP_sha512();
    }
    return EVP_sha256();
}

}  // namespace

struct Digest::Impl {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    Impl() = default;
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl() { EVP_MD_CTX_free(context); }
};

Digest::Digest(DigestKind kind) : impl_(std::make_unique<Impl>()) {
    GYRE_CHECK(EVP_DigestInit_ex(impl_->context, Algorithm(kind), nullptr) == 1);
}
Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;

void Digest::Update(std::string_view bytes) {
    GYRE_CHECK(EVP_DigestUpdate(impl_->context, bytes.data(), bytes.size()) == 1);
}

std::string Digest::Finish() {
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    GYRE_CHECK(EVP_DigestFinal_ex(impl_->context, out, &size) == 1);
    return {reinterpret_cast<const char*>(out), size};
}

Sha256Bytes Sha256(std::string_view bytes) {
    Sha256Bytes out;
    SHA256(Bytes(bytes), bytes.size(), out.data());
    return out;
}

Sha256Bytes HmacSha256(std::string_view key, std::string_view bytes) {
    Sha256Bytes out;
    unsigned size = 0;
    GYRE_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), Bytes(bytes),
                    bytes.size(), out.data(), &size) != nullptr);
    return out;
}

std::string HmacSha1(std::string_view key, std::string_view bytes) {
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    GYRE_CHECK(HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), Bytes(bytes),
                    bytes.size(), out, &size) != nullptr);
    return {reinterpret_cast<const char*>(out), size};
}

std::string HexEncode(std::span<const unsigned char> bytes) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const unsigned char byte : bytes) {
        out += kHex[byte >> 4];
        out += kHex[byte & 0xf];
    }
    return out;
}

std::string HexEncode(std::string_view bytes) {
    return HexEncode(std::span(Bytes(bytes), bytes.size()));
}

std::optional<std::string> HexDecode(std::string_view hex) {
    if (hex.size() % 2 != 0) return std::nullopt;
    const auto digit = [](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    };
    std::string out;
    out.reserve(hex.size() / 2);
    for (size_t i = 0; i < hex.size(); i += 2) {
        const int high = digit(hex[i]);
        const int low = digit(hex[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high << 4 | low);
    }
    return out;
}

std::string Base64Encode(std::string_view bytes) {
    std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), Bytes(bytes),
                                     static_cast<int>(bytes.size()));
    out.resize(static_cast<size_t>(size));
    return out;
}

std::optional<std::string> Base64Decode(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    size_t padding = 0;
    if (text.ends_with("==")) {
        padding = 2;
    } else if (text.ends_with('=')) {
        padding = 1;
    }
    const std::string_view body = text.substr(0, text.size() - padding);
    for (const char c : body) {  // EVP_DecodeBlock would take spaces and newlines at the ends
        const bool known = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                           (c >= '0' && c <= '9') || c == '+' || c == '/';
        if (!known) return std::nullopt;
    }
    std::string out(text.size() / 4 * 3, '\0');
    const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), Bytes(text),
                                     static_cast<int>(text.size()));
    if (size < 0) return std::nullopt;
    out.resize(static_cast<size_t>(size) - padding);
    return out;
}

bool ConstantTimeEquals(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string RandomBytes(size_t size) {
    std::string out(size, '\0');
    GYRE_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(size)) ==
               1);
    return out;
}

std::string RandomUuid() {
    std::string bytes = RandomBytes(16);
    bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
    bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
    const std::string hex = HexEncode(bytes);
    return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" +
           hex.substr(16, 4) + "-" + hex.substr(20);
}

}  // namespace gyre::core
