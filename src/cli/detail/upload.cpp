#include "cli/detail/upload.h"

#include <algorithm>

#include "core/digest.h"

namespace gyre::cli::detail {
namespace {

using core::Result;

constexpr uint64_t kLeastPart = 16ULL << 20;
constexpr uint64_t kMostParts = 9'000;  // S3 takes 10,000
constexpr size_t kPiece = 1 << 20;

Result<std::string> ReadRange(const core::ReadableFile& file, uint64_t offset, uint64_t size) {
    std::string bytes(static_cast<size_t>(size), '\0');
    size_t got = 0;
    while (got < bytes.size()) {
        GYRE_ASSIGN(const size_t more, file.ReadAt(offset + got, std::span(bytes).subspan(got)));
        if (more == 0) {
            return core::Fail(core::Code::kFailedPrecondition,
                              "the file became shorter while it was being sent");
        }
        got += more;
    }
    return bytes;
}

// Sends the parts and makes the object of them.
core::Status SendParts(const Platform& platform, const core::ReadableFile& file,
                       const std::string& target, const std::string& upload_query,
                       const UploadProgress& progress) {
    const uint64_t size = file.Size();
    const uint64_t part_size = std::max(kLeastPart, size / kMostParts + 1);
    std::string list = "<CompleteMultipartUpload>";
    int number = 1;
    for (uint64_t at = 0; at < size; at += part_size, ++number) {
        const uint64_t length = std::min(part_size, size - at);
        GYRE_ASSIGN(std::string bytes, ReadRange(file, at, length));
        GYRE_ASSIGN(const net::Response sent,
                    platform.SendS3({.method = "PUT",
                                     .target = target + "?partNumber=" + std::to_string(number) +
                                               "&" + upload_query,
                                     .body = std::move(bytes)}));
        list += "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" +
                std::string(sent.headers.Get("ETag")) + "</ETag></Part>";
        progress(at + length, size);
    }
    list += "</CompleteMultipartUpload>";
    GYRE_ASSIGN(const net::Response done, platform.SendS3({.method = "POST",
                                                           .target = target + "?" + upload_query,
                                                           .body = std::move(list)}));
    // S3 may find out after it has begun to answer with 200.
    if (done.body.find("<Error>") != std::string::npos) return core::Fail(platform.ErrorOf(done));
    return {};
}

core::Status SendInParts(const Platform& platform, const core::ReadableFile& file,
                         const std::string& target, const UploadProgress& progress) {
    GYRE_ASSIGN(const net::Response begun,
                platform.SendS3({.method = "POST", .target = target + "?uploads="}));
    const std::string query = "uploadId=" + net::PercentEncode(XmlText(begun.body, "UploadId"));
    auto sent = SendParts(platform, file, target, query, progress);
    if (!sent) {
        (void)platform.SendS3({.method = "DELETE", .target = target + "?" + query});
    }
    return sent;
}

}  // namespace

std::string ObjectTarget(const std::string& bucket, const std::string& key) {
    return "/" + net::PercentEncode(bucket) + "/" + net::PercentEncode(key, true);
}

core::Status EnsureBucket(const Platform& platform, const std::string& bucket) {
    const auto made =
        platform.SendS3({.method = "PUT", .target = "/" + net::PercentEncode(bucket)});
    if (made || made.error().wire_name == "BucketAlreadyOwnedByYou") return {};
    return core::Fail(made.error());
}

Result<std::string> DigestOfFile(core::FileSystem& files, const std::filesystem::path& file) {
    GYRE_ASSIGN(const auto in, files.Open(file));
    core::Digest digest(core::DigestKind::kSha256);
    std::string piece(kPiece, '\0');
    for (uint64_t at = 0;;) {
        GYRE_ASSIGN(const size_t got, in->ReadAt(at, piece));
        if (got == 0) break;
        digest.Update(std::string_view(piece).substr(0, got));
        at += got;
    }
    return core::HexEncode(digest.Finish());
}

core::Status Upload(const Platform& platform, core::FileSystem& files,
                    const std::filesystem::path& file, const std::string& bucket,
                    const std::string& key, const UploadProgress& progress) {
    const std::string target = ObjectTarget(bucket, key);
    GYRE_ASSIGN(const auto in, files.Open(file));
    const uint64_t size = in->Size();
    const auto there = platform.SendS3({.method = "HEAD", .target = target});
    if (there && there->headers.Get("Content-Length") == std::to_string(size)) return {};
    if (size > kLeastPart) return SendInParts(platform, *in, target, progress);
    GYRE_ASSIGN(std::string bytes, ReadRange(*in, 0, size));
    GYRE_ASSIGN(const net::Response sent,
                platform.SendS3({.method = "PUT", .target = target, .body = std::move(bytes)}));
    (void)sent;
    progress(size, size);
    return {};
}

}  // namespace gyre::cli::detail
