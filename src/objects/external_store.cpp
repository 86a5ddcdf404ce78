#include "objects/external_store.h"

#include <algorithm>
#include <charconv>

#include "core/digest.h"
#include "objects/detail/external_answer.h"
#include "objects/detail/s3_errors.h"

namespace gyre::objects {
namespace {

using core::Result;
using core::Status;
using detail::ErrorOf;

constexpr uint64_t kPiece = uint64_t{8} << 20;
/// A part grows with the object, so that 10,000 of them hold 5 TiB.
constexpr size_t kPartsOfOneSize = 1000;

std::string PathOf(const std::string& bucket, const std::string& key = "") {
    std::string path = "/" + net::PercentEncode(bucket);
    if (!key.empty()) path += "/" + net::PercentEncode(key, true);
    return path;
}

uint64_t NumberOf(std::string_view text) {
    uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

/// From the headers of a HEAD's or GET's answer.
ObjectInfo InfoOf(const std::string& bucket, const std::string& key,
                  const net::Response& response) {
    ObjectInfo info;
    info.bucket = bucket;
    info.key = key;
    info.size = NumberOf(response.headers.Get("Content-Length"));
    // Of a piece: "bytes 0-9/100".
    if (const std::string_view range = response.headers.Get("Content-Range");
        range.find('/') != std::string_view::npos) {
        info.size = NumberOf(range.substr(range.find('/') + 1));
    }
    info.etag = detail::WithoutQuotes(response.headers.Get("ETag"));
    info.modified =
        core::ParseHttpDate(response.headers.Get("Last-Modified")).value_or(core::WallTime());
    info.content_type = response.headers.Get("Content-Type");
    info.version = response.headers.Get("x-amz-version-id");
    return info;
}

/// An object's bytes, asked for piece by piece; all of one state of the object, or an error.
class PiecewiseBody final : public net::BodyReader {
  public:
    PiecewiseBody(ExternalS3 s3, const core::Clock& clock, const ObjectInfo& info,
                  std::string first)
        : s3_(std::move(s3)), clock_(clock), info_(info), piece_(std::move(first)) {}

    Result<size_t> Read(std::span<char> into) override {
        if (at_ == piece_.size()) {
            begin_ += piece_.size();
            if (begin_ >= info_.size) return size_t{0};
            GYRE_TRY(Fetch());
        }
        const size_t taken = piece_.copy(into.data(), into.size(), at_);
        at_ += taken;
        return taken;
    }
    [[nodiscard]] std::optional<uint64_t> Length() const override { return info_.size; }

  private:
    Status Fetch() {
        const uint64_t end = std::min(info_.size, begin_ + kPiece);
        ExternalRequest request;
        request.path = PathOf(info_.bucket, info_.key);
        request.headers.Set("Range",
                            "bytes=" + std::to_string(begin_) + "-" + std::to_string(end - 1));
        request.headers.Set("If-Match", '"' + info_.etag + '"');
        GYRE_ASSIGN(auto response, Ask(s3_, clock_, std::move(request)));
        if (response.status != 206) return core::Fail(ErrorOf(response));
        if (response.body.size() != end - begin_) {
            return core::Fail(core::Code::kDataLoss,
                              "the external S3 sent a piece of another length than asked for");
        }
        piece_ = std::move(response.body);
        at_ = 0;
        return {};
    }

    const ExternalS3 s3_;
    const core::Clock& clock_;
    const ObjectInfo info_;
    std::string piece_;
    uint64_t begin_ = 0;
    size_t at_ = 0;
};

Result<std::string> ReadPiece(net::BodyReader& body, uint64_t size) {
    std::string piece(size, '\0');
    size_t filled = 0;
    while (filled < piece.size()) {
        GYRE_ASSIGN(const size_t got, body.Read({piece.data() + filled, piece.size() - filled}));
        if (got == 0) break;
        filled += got;
    }
    piece.resize(filled);
    return piece;
}

}  // namespace

Result<net::Response> Ask(const ExternalS3& s3, const core::Clock& clock, ExternalRequest request) {
    net::RequestHead head;
    head.method = request.method;
    head.path = request.path;
    head.query = request.query;
    head.headers = std::move(request.headers);
    head.headers.Set("Host", s3.host);
    const bool streams = request.stream != nullptr;
    const std::string hash =
        streams ? "UNSIGNED-PAYLOAD" : core::HexEncode(core::Sha256(request.body));
    access::SignHead(head, hash, s3.identity, clock.WallNow());
    net::ClientRequest sent;
    sent.method = std::move(head.method);
    sent.target = head.path + (head.query.empty() ? "" : "?" + head.query);
    sent.headers = std::move(head.headers);
    sent.body = std::move(request.body);
    auto answer =
        streams ? s3.client->SendStream(sent, *request.stream, request.stream_length, s3.timeout)
                : s3.client->Send(sent, s3.timeout);
    if (answer) return answer;
    // The caller's own body broke off: that is not the external S3's fault.
    if (!answer.error().wire_name.empty()) return answer;
    core::Error error = detail::S3Error(
        core::Code::kUnavailable, 503, "ServiceUnavailable",
        "The external S3 at " + s3.host + " did not answer: " + answer.error().message);
    return core::Fail(std::move(error));
}

Result<net::Response> ExternalStore::Send(ExternalRequest request) {
    GYRE_ASSIGN(auto response, Ask(s3_, clock_, std::move(request)));
    if (response.status / 100 != 2) return core::Fail(ErrorOf(response));
    return response;
}

Result<ObjectInfo> ExternalStore::Head(const std::string& bucket, const std::string& key) {
    auto response = Send({.method = "HEAD", .path = PathOf(bucket, key)});
    if (response) return InfoOf(bucket, key, *response);
    // A HEAD's answer has no body to name the error in.
    if (response.error().code == core::Code::kNotFound) {
        return core::Fail(detail::NoSuchKey(key));
    }
    return core::Fail(response.error());
}

Result<ObjectData> ExternalStore::Get(const std::string& bucket, const std::string& key) {
    ExternalRequest request;
    request.path = PathOf(bucket, key);
    request.headers.Set("Range", "bytes=0-" + std::to_string(kPiece - 1));
    GYRE_ASSIGN(auto response, Ask(s3_, clock_, std::move(request)));
    // An empty object has no first byte.
    if (response.status == 416) {
        GYRE_ASSIGN(response, Send({.path = PathOf(bucket, key)}));
    }
    if (response.status / 100 != 2) return core::Fail(ErrorOf(response));
    ObjectInfo info = InfoOf(bucket, key, response);
    if (response.status == 200) info.size = response.body.size();
    auto body = std::make_unique<PiecewiseBody>(s3_, clock_, info, std::move(response.body));
    return ObjectData{std::move(info), std::move(body)};
}

Result<ObjectInfo> ExternalStore::Put(const std::string& bucket, const std::string& key,
                                      net::BodyReader& body, const std::string& content_type) {
    GYRE_ASSIGN(std::string piece, ReadPiece(body, kPiece));
    ObjectInfo info;
    info.bucket = bucket;
    info.key = key;
    info.size = piece.size();
    info.content_type = content_type;
    info.modified = clock_.WallNow();
    ExternalRequest first;
    first.path = PathOf(bucket, key);
    if (!content_type.empty()) first.headers.Set("Content-Type", content_type);
    if (piece.size() < kPiece) {
        first.method = "PUT";
        first.body = std::move(piece);
        GYRE_ASSIGN(const auto response, Send(std::move(first)));
        info.etag = detail::WithoutQuotes(response.headers.Get("ETag"));
        return info;
    }
    first.method = "POST";
    first.query = "uploads=";
    GYRE_ASSIGN(const auto begun, Send(std::move(first)));
    const std::string upload =
        "uploadId=" + net::PercentEncode(detail::TextOf(begun.body, "UploadId"));
    const auto put_parts = [&]() -> Result<net::Response> {
        std::string listed = "<CompleteMultipartUpload>";
        for (size_t number = 1; !piece.empty(); ++number) {
            ExternalRequest part;
            part.method = "PUT";
            part.path = PathOf(bucket, key);
            part.query = "partNumber=" + std::to_string(number) + "&" + upload;
            part.body = std::move(piece);
            GYRE_ASSIGN(const auto stored, Send(std::move(part)));
            listed += "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" +
                      std::string(stored.headers.Get("ETag")) + "</ETag></Part>";
            GYRE_ASSIGN(piece, ReadPiece(body, kPiece << (number / kPartsOfOneSize)));
            info.size += piece.size();
        }
        ExternalRequest complete;
        complete.method = "POST";
        complete.path = PathOf(bucket, key);
        complete.query = upload;
        complete.body = listed + "</CompleteMultipartUpload>";
        GYRE_ASSIGN(auto done, Send(std::move(complete)));
        // S3 may begin its answer before it knows how the completion ends.
        if (detail::TextOf(done.body, "ETag").empty()) return core::Fail(ErrorOf(done));
        return done;
    };
    const auto done = put_parts();
    if (!done) {
        (void)Send({.method = "DELETE", .path = PathOf(bucket, key), .query = upload});
        return core::Fail(done.error());
    }
    info.etag = detail::WithoutQuotes(detail::TextOf(done->body, "ETag"));
    return info;
}

Status ExternalStore::Delete(const std::string& bucket, const std::string& key) {
    GYRE_TRY(Send({.method = "DELETE", .path = PathOf(bucket, key)}));
    return {};
}

Result<std::vector<ObjectInfo>> ExternalStore::List(const std::string& bucket,
                                                    const std::string& prefix,
                                                    const std::string& start_after, int limit) {
    std::vector<ObjectInfo> listed;
    std::string after = start_after;
    while (static_cast<int>(listed.size()) < limit) {
        ExternalRequest request;
        request.path = PathOf(bucket);
        request.query = "encoding-type=url&list-type=2&max-keys=" +
                        std::to_string(std::min<size_t>(1000, limit - listed.size())) +
                        "&prefix=" + net::PercentEncode(prefix) +
                        "&start-after=" + net::PercentEncode(after);
        GYRE_ASSIGN(const auto response, Send(std::move(request)));
        GYRE_ASSIGN(auto page, detail::ReadListing(bucket, response.body));
        if (page.objects.empty()) break;
        after = page.objects.back().key;
        for (ObjectInfo& object : page.objects) listed.push_back(std::move(object));
        if (!page.truncated) break;
    }
    return listed;
}

Status ExternalStore::CreateBucket(const std::string& bucket) {
    ExternalRequest request;
    request.method = "PUT";
    request.path = PathOf(bucket);
    if (s3_.identity.region != "us-east-1") {
        request.body = "<CreateBucketConfiguration><LocationConstraint>" + s3_.identity.region +
                       "</LocationConstraint></CreateBucketConfiguration>";
    }
    GYRE_TRY(Send(std::move(request)));
    return {};
}

}  // namespace gyre::objects
