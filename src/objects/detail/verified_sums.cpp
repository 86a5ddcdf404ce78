#include "objects/detail/verified_sums.h"

#include "core/ascii.h"
#include "core/digest.h"
#include "objects/detail/s3_errors.h"

namespace gyre::objects::detail {
namespace {

using core::Code;
using core::Status;

constexpr size_t kMd5Size = 16;

std::string HeaderName(ChecksumAlgorithm algorithm) {
    return "x-amz-checksum-" + core::AsciiLower(ChecksumName(algorithm));
}

Status CheckValue(ChecksumAlgorithm algorithm, const std::string& value) {
    const auto raw = core::Base64Decode(value);
    if (raw && raw->size() == ChecksumSize(algorithm)) return {};
    return core::Fail(S3Error(Code::kInvalidArgument, 400, "BadDigest",
                              "Value for " + HeaderName(algorithm) +
                                  " header is invalid: it must be the base64 of " +
                                  std::to_string(ChecksumSize(algorithm)) + " bytes."));
}

}  // namespace

std::set<ChecksumAlgorithm> AlgorithmsFor(const ExpectedSums& expected) {
    std::set<ChecksumAlgorithm> algorithms = expected.algorithms;
    for (const auto& [algorithm, value] : expected.checksums) algorithms.insert(algorithm);
    if (algorithms.empty()) algorithms.insert(ChecksumAlgorithm::kCrc64Nvme);
    return algorithms;
}

Status CheckForm(const ExpectedSums& expected) {
    if (expected.content_md5) {
        const auto raw = core::Base64Decode(*expected.content_md5);
        if (!raw || raw->size() != kMd5Size) {
            return core::Fail(S3Error(Code::kInvalidArgument, 400, "InvalidDigest",
                                      "The Content-MD5 you specified is not valid.")
                                  .With("Content-MD5", *expected.content_md5));
        }
    }
    for (const auto& [algorithm, value] : expected.checksums) {
        GYRE_TRY(CheckValue(algorithm, value));
    }
    return {};
}

Status Verify(const ExpectedSums& expected, const Checksummer::Sums& sums) {
    if (expected.content_md5 &&
        core::Base64Decode(*expected.content_md5) != std::optional(sums.md5)) {
        return core::Fail(S3Error(Code::kInvalidArgument, 400, "BadDigest",
                                  "The Content-MD5 you specified did not match what we received.")
                              .With("ExpectedDigest", *expected.content_md5)
                              .With("CalculatedDigest", core::Base64Encode(sums.md5)));
    }
    Base64Checksums all = expected.checksums;
    if (expected.trailing) all.merge(expected.trailing());
    for (const auto& [algorithm, value] : all) {
        GYRE_TRY(CheckValue(algorithm, value));
        const auto computed = sums.values.find(algorithm);
        if (computed == sums.values.end()) {
            return core::Fail(InvalidRequest("The " + HeaderName(algorithm) +
                                             " trailer was not announced in x-amz-trailer."));
        }
        if (core::Base64Decode(value) != std::optional(computed->second)) {
            return core::Fail(S3Error(Code::kInvalidArgument, 400, "BadDigest",
                                      "The " + std::string(ChecksumName(algorithm)) +
                                          " you specified did not match the calculated checksum."));
        }
    }
    return {};
}

std::map<std::string, std::string> ToInfo(const Checksummer::Sums& sums) {
    std::map<std::string, std::string> checksums;
    for (const auto& [algorithm, value] : sums.values) {
        checksums.emplace(ChecksumName(algorithm), core::Base64Encode(value));
    }
    return checksums;
}

}  // namespace gyre::objects::detail
