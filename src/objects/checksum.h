#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gyre::objects {

/// The checksum algorithms of S3 that are kept with an object.
enum class ChecksumAlgorithm {
    kCrc32,
    kCrc32c,
    kCrc64Nvme,
    kSha1,
    kSha256,
    kSha512,
    kMd5,
    kXxHash64,
    kXxHash3,  ///< of 64 bits
    kXxHash128,
};

/// What the checksum of an object that came in parts is: of all its bytes, or of its parts'
/// checksums.
enum class ChecksumType { kFullObject, kComposite };

/// Every one of them.
[[nodiscard]] std::span<const ChecksumAlgorithm> AllChecksums();
/// "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "MD5", "XXHASH64", "XXHASH3",
/// "XXHASH128".
[[nodiscard]] std::string_view ChecksumName(ChecksumAlgorithm algorithm);
/// By that name, without case; nullopt for another.
[[nodiscard]] std::optional<ChecksumAlgorithm> ChecksumByName(std::string_view name);
/// True for the CRCs, whose value for a whole follows from those of its parts.
[[nodiscard]] bool IsCombinable(ChecksumAlgorithm algorithm);
/// Bytes of the raw value.
[[nodiscard]] size_t ChecksumSize(ChecksumAlgorithm algorithm);
/// Raw value (big-endian for CRCs and XXHashes) of "A then B" from those of A and B. Combinable
/// ones only.
[[nodiscard]] std::string CombineChecksums(ChecksumAlgorithm algorithm, std::string_view a,
                                           std::string_view b, uint64_t size_of_b);

/// MD5 and any of the checksums, in one pass over the bytes. Not thread-safe.
class Checksummer {
  public:
    explicit Checksummer(const std::set<ChecksumAlgorithm>& algorithms);
    ~Checksummer();
    void Update(std::string_view bytes);
    /// Update's two halves, which may run on two threads at a time: MD5 alone takes as long as all
    /// else of a usual body.
    void UpdateMd5(std::string_view bytes);
    void UpdateOthers(std::string_view bytes);

    struct Sums {
        std::string md5;                                  ///< raw
        std::map<ChecksumAlgorithm, std::string> values;  ///< raw
    };
    /// Once, at the end.
    [[nodiscard]] Sums Finish();

  private:
    struct Running;
    std::unique_ptr<Running> running_;
};

/// CRC-32C as the stored blocks carry it: `before` is the value of what came before, 0 for nothing.
[[nodiscard]] uint32_t Crc32c(std::string_view bytes, uint32_t before = 0);

}  // namespace gyre::objects
