#include "objects/checksum.h"

#include <isa-l/crc.h>

#include <algorithm>

#include "core/digest.h"
#include "core/result.h"
#include "net/http_message.h"
#include "objects/detail/crc.h"

namespace gyre::objects {
namespace {

struct Known {
    ChecksumAlgorithm algorithm;
    std::string_view name;
    size_t size;
};
constexpr Known kKnown[] = {
    {ChecksumAlgorithm::kCrc32, "CRC32", 4},         {ChecksumAlgorithm::kCrc32c, "CRC32C", 4},
    {ChecksumAlgorithm::kCrc64Nvme, "CRC64NVME", 8}, {ChecksumAlgorithm::kSha1, "SHA1", 20},
    {ChecksumAlgorithm::kSha256, "SHA256", 32},
};

const Known& Find(ChecksumAlgorithm algorithm) {
    return *std::ranges::find(kKnown, algorithm, &Known::algorithm);
}

std::string BigEndian(uint64_t value, size_t size) {
    std::string bytes(size, '\0');
    for (size_t i = size; i-- > 0; value >>= 8) bytes[i] = static_cast<char>(value & 0xff);
    return bytes;
}

uint64_t FromBigEndian(std::string_view bytes) {
    uint64_t value = 0;
    for (const char byte : bytes) value = (value << 8) | static_cast<unsigned char>(byte);
    return value;
}

const unsigned char* Bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string_view ChecksumName(ChecksumAlgorithm algorithm) {
    return Find(algorithm).name;
}

std::optional<ChecksumAlgorithm> ChecksumByName(std::string_view name) {
    for (const Known& known : kKnown) {
        if (net::EqualsIgnoreCase(known.name, name)) return known.algorithm;
    }
    return std::nullopt;
}

bool IsCombinable(ChecksumAlgorithm algorithm) {
    return algorithm != ChecksumAlgorithm::kSha1 && algorithm != ChecksumAlgorithm::kSha256;
}

size_t ChecksumSize(ChecksumAlgorithm algorithm) {
    return Find(algorithm).size;
}

std::string CombineChecksums(ChecksumAlgorithm algorithm, std::string_view a, std::string_view b,
                             uint64_t size_of_b) {
    GYRE_CHECK(IsCombinable(algorithm));
    const uint64_t first = FromBigEndian(a);
    const uint64_t second = FromBigEndian(b);
    uint64_t whole = 0;
    if (algorithm == ChecksumAlgorithm::kCrc64Nvme) {
        whole = detail::Crc64NvmeMath::Combine(first, second, size_of_b);
    } else if (algorithm == ChecksumAlgorithm::kCrc32) {
        whole = detail::Crc32Math::Combine(static_cast<uint32_t>(first),
                                           static_cast<uint32_t>(second), size_of_b);
    } else {
        whole = detail::Crc32cMath::Combine(static_cast<uint32_t>(first),
                                            static_cast<uint32_t>(second), size_of_b);
    }
    return BigEndian(whole, ChecksumSize(algorithm));
}

struct Checksummer::Running {
    core::Digest md5{core::DigestKind::kMd5};
    std::optional<core::Digest> sha1;
    std::optional<core::Digest> sha256;
    std::optional<uint32_t> crc32;
    std::optional<uint32_t> crc32c;
    std::optional<uint64_t> crc64;
};

Checksummer::Checksummer(const std::set<ChecksumAlgorithm>& algorithms)
    : running_(std::make_unique<Running>()) {
    for (const ChecksumAlgorithm algorithm : algorithms) {
        switch (algorithm) {
            case ChecksumAlgorithm::kCrc32:
                running_->crc32 = 0;
                break;
            case ChecksumAlgorithm::kCrc32c:
                running_->crc32c = 0;
                break;
            case ChecksumAlgorithm::kCrc64Nvme:
                running_->crc64 = 0;
                break;
            case ChecksumAlgorithm::kSha1:
                running_->sha1.emplace(core::DigestKind::kSha1);
                break;
            case ChecksumAlgorithm::kSha256:
                running_->sha256.emplace(core::DigestKind::kSha256);
                break;
        }
    }
}

Checksummer::~Checksummer() = default;

void Checksummer::Update(std::string_view bytes) {
    Running& running = *running_;
    // Slices stay in the processor's cache while each sum passes over them.
    constexpr size_t kSlice = size_t{32} << 10;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(kSlice, bytes.size()))) {
        const std::string_view slice = bytes.substr(0, kSlice);
        running.md5.Update(slice);
        if (running.crc32) {
            running.crc32 = crc32_gzip_refl(*running.crc32, Bytes(slice), slice.size());
        }
        if (running.crc32c) running.crc32c = Crc32c(slice, *running.crc32c);
        if (running.crc64) running.crc64 = detail::Crc64Nvme(slice, *running.crc64);
        if (running.sha1) running.sha1->Update(slice);
        if (running.sha256) running.sha256->Update(slice);
    }
}

Checksummer::Sums Checksummer::Finish() {
    Running& running = *running_;
    Sums sums;
    sums.md5 = running.md5.Finish();
    auto& values = sums.values;
    if (running.crc32) values[ChecksumAlgorithm::kCrc32] = BigEndian(*running.crc32, 4);
    if (running.crc32c) values[ChecksumAlgorithm::kCrc32c] = BigEndian(*running.crc32c, 4);
    if (running.crc64) values[ChecksumAlgorithm::kCrc64Nvme] = BigEndian(*running.crc64, 8);
    if (running.sha1) values[ChecksumAlgorithm::kSha1] = running.sha1->Finish();
    if (running.sha256) values[ChecksumAlgorithm::kSha256] = running.sha256->Finish();
    return sums;
}

uint32_t Crc32c(std::string_view bytes, uint32_t before) {
    uint32_t value = ~before;
    while (!bytes.empty()) {
        // Its length is an int.
        const std::string_view piece = bytes.substr(0, size_t{1} << 30);
        value = crc32_iscsi(const_cast<unsigned char*>(Bytes(piece)),
                            static_cast<int>(piece.size()), value);
        bytes.remove_prefix(piece.size());
    }
    return ~value;
}

}  // namespace gyre::objects
