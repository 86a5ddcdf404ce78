#include "objects/checksum.h"

#include <isa-l/crc.h>
#include <xxhash.h>

#include <algorithm>
#include <vector>

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
    {ChecksumAlgorithm::kCrc32, "CRC32", 4},
    {ChecksumAlgorithm::kCrc32c, "CRC32C", 4},
    {ChecksumAlgorithm::kCrc64Nvme, "CRC64NVME", 8},
    {ChecksumAlgorithm::kSha1, "SHA1", 20},
    {ChecksumAlgorithm::kSha256, "SHA256", 32},
    {ChecksumAlgorithm::kSha512, "SHA512", 64},
    {ChecksumAlgorithm::kMd5, "MD5", 16},
    {ChecksumAlgorithm::kXxHash64, "XXHASH64", 8},
    {ChecksumAlgorithm::kXxHash3, "XXHASH3", 8},
    {ChecksumAlgorithm::kXxHash128, "XXHASH128", 16},
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

std::span<const ChecksumAlgorithm> AllChecksums() {
    static const auto kAll = [] {
        std::vector<ChecksumAlgorithm> all;
        for (const Known& known : kKnown) all.push_back(known.algorithm);
        return all;
    }();
    return kAll;
}

bool IsCombinable(ChecksumAlgorithm algorithm) {
    return algorithm == ChecksumAlgorithm::kCrc32 || algorithm == ChecksumAlgorithm::kCrc32c ||
           algorithm == ChecksumAlgorithm::kCrc64Nvme;
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

namespace {

/// One running checksum beside the MD5 that every entity tag needs.
class Sum {
  public:
    virtual ~Sum() = default;
    virtual void Update(std::string_view bytes) = 0;
    /// The raw value.
    virtual std::string Finish() = 0;
};

class CrcSum final : public Sum {
  public:
    using Step = uint64_t (*)(std::string_view bytes, uint64_t before);
    CrcSum(Step step, size_t size) : step_(step), size_(size) {}
    void Update(std::string_view bytes) override { value_ = step_(bytes, value_); }
    std::string Finish() override { return BigEndian(value_, size_); }

  private:
    Step step_;
    size_t size_;
    uint64_t value_ = 0;
};

class DigestSum final : public Sum {
  public:
    explicit DigestSum(core::DigestKind kind) : digest_(kind) {}
    void Update(std::string_view bytes) override { digest_.Update(bytes); }
    std::string Finish() override { return digest_.Finish(); }

  private:
    core::Digest digest_;
};

class XxHash64Sum final : public Sum {
  public:
    XxHash64Sum() : state_(XXH64_createState(), XXH64_freeState) { XXH64_reset(state_.get(), 0); }
    void Update(std::string_view bytes) override {
        XXH64_update(state_.get(), bytes.data(), bytes.size());
    }
    std::string Finish() override { return BigEndian(XXH64_digest(state_.get()), 8); }

  private:
    std::unique_ptr<XXH64_state_t, XXH_errorcode (*)(XXH64_state_t*)> state_;
};

class XxHash3Sum final : public Sum {
  public:
    explicit XxHash3Sum(bool wide) : wide_(wide), state_(XXH3_createState(), XXH3_freeState) {
        wide_ ? XXH3_128bits_reset(state_.get()) : XXH3_64bits_reset(state_.get());
    }
    void Update(std::string_view bytes) override {
        wide_ ? XXH3_128bits_update(state_.get(), bytes.data(), bytes.size())
              : XXH3_64bits_update(state_.get(), bytes.data(), bytes.size());
    }
    std::string Finish() override {
        if (!wide_) return BigEndian(XXH3_64bits_digest(state_.get()), 8);
        const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
        return BigEndian(hash.high64, 8) + BigEndian(hash.low64, 8);
    }

  private:
    const bool wide_;
    std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state_;
};

uint64_t StepCrc32(std::string_view bytes, uint64_t before) {
    return crc32_gzip_refl(static_cast<uint32_t>(before), Bytes(bytes), bytes.size());
}
uint64_t StepCrc32c(std::string_view bytes, uint64_t before) {
    return Crc32c(bytes, static_cast<uint32_t>(before));
}

std::unique_ptr<Sum> MakeSum(ChecksumAlgorithm algorithm) {
    switch (algorithm) {
        case ChecksumAlgorithm::kCrc32:
            return std::make_unique<CrcSum>(StepCrc32, 4);
        case ChecksumAlgorithm::kCrc32c:
            return std::make_unique<CrcSum>(StepCrc32c, 4);
        case ChecksumAlgorithm::kCrc64Nvme:
            return std::make_unique<CrcSum>(detail::Crc64Nvme, 8);
        case ChecksumAlgorithm::kSha1:
            return std::make_unique<DigestSum>(core::DigestKind::kSha1);
        case ChecksumAlgorithm::kSha256:
            return std::make_unique<DigestSum>(core::DigestKind::kSha256);
        case ChecksumAlgorithm::kSha512:
            return std::make_unique<DigestSum>(core::DigestKind::kSha512);
        case ChecksumAlgorithm::kMd5:
            break;  // there is one already
        case ChecksumAlgorithm::kXxHash64:
            return std::make_unique<XxHash64Sum>();
        case ChecksumAlgorithm::kXxHash3:
            return std::make_unique<XxHash3Sum>(false);
        case ChecksumAlgorithm::kXxHash128:
            return std::make_unique<XxHash3Sum>(true);
    }
    return nullptr;
}

}  // namespace

struct Checksummer::Running {
    core::Digest md5{core::DigestKind::kMd5};
    bool keep_md5 = false;
    std::map<ChecksumAlgorithm, std::unique_ptr<Sum>> sums;
};

Checksummer::Checksummer(const std::set<ChecksumAlgorithm>& algorithms)
    : running_(std::make_unique<Running>()) {
    for (const ChecksumAlgorithm algorithm : algorithms) {
        if (auto sum = MakeSum(algorithm)) {
            running_->sums.emplace(algorithm, std::move(sum));
        } else {
            running_->keep_md5 = true;
        }
    }
}

Checksummer::~Checksummer() = default;

void Checksummer::Update(std::string_view bytes) {
    // Slices stay in the processor's cache while each sum passes over them.
    constexpr size_t kSlice = size_t{32} << 10;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(kSlice, bytes.size()))) {
        const std::string_view slice = bytes.substr(0, kSlice);
        running_->md5.Update(slice);
        for (const auto& [algorithm, sum] : running_->sums) sum->Update(slice);
    }
}

void Checksummer::UpdateMd5(std::string_view bytes) {
    running_->md5.Update(bytes);
}

void Checksummer::UpdateOthers(std::string_view bytes) {
    for (const auto& [algorithm, sum] : running_->sums) sum->Update(bytes);
}

Checksummer::Sums Checksummer::Finish() {
    Sums sums;
    sums.md5 = running_->md5.Finish();
    for (const auto& [algorithm, sum] : running_->sums) sums.values[algorithm] = sum->Finish();
    if (running_->keep_md5) sums.values[ChecksumAlgorithm::kMd5] = sums.md5;
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
