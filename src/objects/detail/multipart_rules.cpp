#include "objects/detail/multipart_rules.h"

#include <algorithm>

#include "core/ascii.h"
#include "core/digest.h"
#include "objects/detail/s3_errors.h"

namespace gyre::objects::detail {
namespace {

using core::Code;
using core::Result;
using core::Status;

constexpr int kMostParts = 10'000;
constexpr uint64_t kSmallestPart = uint64_t{5} << 20;  // but the last may be smaller

std::string_view TypeName(ChecksumType type) {
    return type == ChecksumType::kComposite ? "COMPOSITE" : "FULL_OBJECT";
}

core::Error InvalidPart(int number, const std::string& etag) {
    return S3Error(Code::kInvalidArgument, 400, "InvalidPart",
                   "One or more of the specified parts could not be found.  The part may not have "
                   "been uploaded, or the specified entity tag may not match the part's entity "
                   "tag.")
        .With("PartNumber", std::to_string(number))
        .With("ETag", etag);
}

const PartRow* FindPart(const std::vector<PartRow>& stored, int number) {
    const auto found = std::ranges::lower_bound(
        stored, number, {}, [](const PartRow& part) { return part.info.number; });
    return found == stored.end() || found->info.number != number ? nullptr : &*found;
}

Status CheckListed(const UploadRow& upload, const ListedPart& listed, const PartRow* part) {
    if (part == nullptr || part->info.etag != Unquoted(listed.etag)) {
        return core::Fail(InvalidPart(listed.number, listed.etag));
    }
    for (const auto& [algorithm, value] : listed.checksums) {
        const auto kept = part->info.checksums.find(std::string(ChecksumName(algorithm)));
        if (kept == part->info.checksums.end() || kept->second != value) {
            return core::Fail(InvalidPart(listed.number, listed.etag));
        }
    }
    if (upload.info.type == ChecksumType::kComposite &&
        !listed.checksums.contains(upload.Algorithm())) {
        return core::Fail(InvalidRequest(
            "The upload was created using a " + core::AsciiLower(ChecksumName(upload.Algorithm())) +
            " checksum. The complete request must include the checksum for each "
            "part. It was missing for part " +
            std::to_string(listed.number) + " in the request."));
    }
    return {};
}

/// The raw checksum that every part carries.
Result<std::string> RawSum(const PartRow& part, ChecksumAlgorithm algorithm) {
    const auto kept = part.info.checksums.find(std::string(ChecksumName(algorithm)));
    const auto raw =
        kept == part.info.checksums.end() ? std::nullopt : core::Base64Decode(kept->second);
    if (raw && raw->size() == ChecksumSize(algorithm)) return *raw;
    return core::Fail(Damaged("the checksum of part " + std::to_string(part.info.number)));
}

Result<std::string> SumOfWhole(const UploadRow& upload, const std::vector<const PartRow*>& parts) {
    const ChecksumAlgorithm algorithm = upload.Algorithm();
    std::string whole;
    for (const PartRow* part : parts) {
        GYRE_ASSIGN(const std::string sum, RawSum(*part, algorithm));
        if (upload.info.type == ChecksumType::kComposite || whole.empty()) {
            whole += sum;
        } else {
            whole = CombineChecksums(algorithm, whole, sum, part->info.size);
        }
    }
    if (upload.info.type == ChecksumType::kFullObject) return core::Base64Encode(whole);
    Checksummer summer({algorithm});
    summer.Update(whole);
    return core::Base64Encode(summer.Finish().values.at(algorithm)) + "-" +
           std::to_string(parts.size());
}

Status CheckWhole(const UploadRow& upload, const CompleteOptions& options, const std::string& sum) {
    if (options.type && *options.type != upload.info.type) {
        return core::Fail(InvalidRequest("The upload was created using the " +
                                         std::string(TypeName(upload.info.type)) +
                                         " checksum mode. The complete request must use the same "
                                         "checksum mode."));
    }
    for (const auto& [algorithm, value] : options.checksums) {
        const std::string name = core::AsciiLower(ChecksumName(algorithm));
        if (algorithm != upload.Algorithm()) {
            return core::Fail(
                InvalidRequest("Checksum Type mismatch occurred, expected checksum Type: " +
                               core::AsciiLower(ChecksumName(upload.Algorithm())) +
                               ", actual checksum Type: " + name));
        }
        // A composite one may come without the number of parts.
        if (value != sum && value != sum.substr(0, sum.find('-'))) {
            return core::Fail(
                S3Error(Code::kInvalidArgument, 400, "BadDigest",
                        "The " + name + " you specified did not match the calculated checksum."));
        }
    }
    return {};
}

}  // namespace

std::string Unquoted(std::string_view etag) {
    if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
        etag = etag.substr(1, etag.size() - 2);
    }
    return std::string(etag);
}

Status CheckPartNumber(int number) {
    if (number >= 1 && number <= kMostParts) return {};
    return core::Fail(
        InvalidArgument("Part number must be an integer between 1 and 10000, inclusive")
            .With("ArgumentName", "partNumber")
            .With("ArgumentValue", std::to_string(number)));
}

Result<ChecksumType> TypeOfWhole(std::optional<ChecksumAlgorithm> algorithm,
                                 std::optional<ChecksumType> type) {
    const ChecksumAlgorithm used = algorithm.value_or(ChecksumAlgorithm::kCrc64Nvme);
    const bool only_full = used == ChecksumAlgorithm::kCrc64Nvme;
    if (!type) return only_full ? ChecksumType::kFullObject : ChecksumType::kComposite;
    if (!algorithm) {
        return core::Fail(
            InvalidRequest("The x-amz-checksum-type header can only be used with the "
                           "x-amz-checksum-algorithm header."));
    }
    const bool good = *type == ChecksumType::kFullObject ? IsCombinable(used) : !only_full;
    if (good) return *type;
    return core::Fail(InvalidRequest(
        "The " + std::string(TypeName(*type)) + " checksum type cannot be used with the " +
        core::AsciiLower(ChecksumName(used)) + " checksum algorithm."));
}

Status CheckPartAlgorithms(std::optional<ChecksumAlgorithm> algorithm,
                           const ExpectedSums& expected) {
    if (!algorithm) return {};
    std::set<ChecksumAlgorithm> used = expected.algorithms;
    for (const auto& [given, value] : expected.checksums) used.insert(given);
    for (const ChecksumAlgorithm one : used) {
        if (one == *algorithm) continue;
        return core::Fail(
            InvalidRequest("Checksum Type mismatch occurred, expected checksum Type: " +
                           core::AsciiLower(ChecksumName(*algorithm)) +
                           ", actual checksum Type: " + core::AsciiLower(ChecksumName(one))));
    }
    return {};
}

Result<std::vector<const PartRow*>> ChooseParts(const UploadRow& upload,
                                                const std::vector<PartRow>& stored,
                                                const CompleteOptions& options) {
    for (const auto& [algorithm, value] : options.checksums) {
        const auto raw = core::Base64Decode(value.substr(0, value.find('-')));
        if (raw && raw->size() == ChecksumSize(algorithm)) continue;
        return core::Fail(S3Error(Code::kInvalidArgument, 400, "BadDigest",
                                  "The value of the " + core::AsciiLower(ChecksumName(algorithm)) +
                                      " checksum is no checksum of that kind."));
    }
    if (options.parts.empty() || options.parts.size() > kMostParts) {
        return core::Fail(MalformedXml("1 to 10000 parts"));
    }
    std::vector<const PartRow*> chosen;
    chosen.reserve(options.parts.size());
    for (size_t i = 0; i < options.parts.size(); ++i) {
        const ListedPart& listed = options.parts[i];
        if (i > 0 && listed.number <= options.parts[i - 1].number) {
            return core::Fail(S3Error(Code::kInvalidArgument, 400, "InvalidPartOrder",
                                      "The list of parts was not in ascending order. The parts "
                                      "list must be specified in order by part number."));
        }
        const PartRow* part = FindPart(stored, listed.number);
        GYRE_TRY(CheckListed(upload, listed, part));
        chosen.push_back(part);
    }
    for (size_t i = 0; i + 1 < chosen.size(); ++i) {
        const PartInfo& part = chosen[i]->info;
        if (part.size >= kSmallestPart) continue;
        return core::Fail(S3Error(Code::kInvalidArgument, 400, "EntityTooSmall",
                                  "Your proposed upload is smaller than the minimum allowed size")
                              .With("ProposedSize", std::to_string(part.size))
                              .With("MinSizeAllowed", std::to_string(kSmallestPart))
                              .With("PartNumber", std::to_string(part.number))
                              .With("ETag", part.etag));
    }
    return chosen;
}

std::string TagOfWhole(const std::vector<std::string>& part_tags) {
    core::Digest digest(core::DigestKind::kMd5);
    for (const std::string& tag : part_tags) digest.Update(core::HexDecode(tag).value_or(tag));
    return core::HexEncode(digest.Finish()) + "-" + std::to_string(part_tags.size());
}

Status DescribeWhole(const UploadRow& upload, const std::vector<const PartRow*>& parts,
                     const CompleteOptions& options, ObjectInfo& object) {
    std::vector<std::string> tags;
    tags.reserve(parts.size());
    object.size = 0;
    for (const PartRow* part : parts) {
        tags.push_back(part->info.etag);
        object.size += part->info.size;
    }
    if (options.size && *options.size != object.size) {
        return core::Fail(InvalidRequest(
            "The provided 'x-amz-mp-object-size' header value " + std::to_string(*options.size) +
            " does not match what was computed: " + std::to_string(object.size)));
    }
    object.etag = TagOfWhole(tags);
    object.parts = static_cast<int>(parts.size());
    object.composite_checksum = upload.info.type == ChecksumType::kComposite;
    GYRE_ASSIGN(std::string sum, SumOfWhole(upload, parts));
    GYRE_TRY(CheckWhole(upload, options, sum));
    object.checksums = {{std::string(ChecksumName(upload.Algorithm())), std::move(sum)}};
    return {};
}

}  // namespace gyre::objects::detail
