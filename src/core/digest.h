#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gyre::core {

using Sha256Bytes = std::array<unsigned char, 32>;

enum class DigestKind { kMd5, kSha1, kSha256, kSha384, kSha512 };

/// A running cryptographic hash (OpenSSL's). Not thread-safe.
class Digest {
  public:
    explicit Digest(DigestKind kind);
    ~Digest();
    Digest(Digest&&) noexcept;
    Digest& operator=(Digest&&) noexcept;
    void Update(std::string_view bytes);
    /// The raw digest; the object is spent after this.
    [[nodiscard]] std::string Finish();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

[[nodiscard]] Sha256Bytes Sha256(std::string_view bytes);
[[nodiscard]] Sha256Bytes HmacSha256(std::string_view key, std::string_view bytes);
[[nodiscard]] std::string HmacSha1(std::string_view key, std::string_view bytes);

/// Lower-case.
[[nodiscard]] std::string HexEncode(std::string_view bytes);
[[nodiscard]] std::string HexEncode(std::span<const unsigned char> bytes);
[[nodiscard]] std::optional<std::string> HexDecode(std::string_view hex);
/// Standard alphabet with padding.
[[nodiscard]] std::string Base64Encode(std::string_view bytes);
/// Strict: nullopt for a wrong alphabet, length or padding.
[[nodiscard]] std::optional<std::string> Base64Decode(std::string_view text);

/// In time that depends on the lengths only; for secrets and signatures.
[[nodiscard]] bool ConstantTimeEquals(std::string_view a, std::string_view b);

/// `size` bytes from the system's cryptographic source.
[[nodiscard]] std::string RandomBytes(size_t size);
/// A random (version 4) UUID, lower-case.
[[nodiscard]] std::string RandomUuid();

}  // namespace gyre::core
