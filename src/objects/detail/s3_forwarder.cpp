#include "objects/detail/s3_forwarder.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "objects/acl.h"
#include "objects/byte_range.h"
#include "objects/checksum.h"
#include "objects/detail/copy_source.h"
#include "objects/detail/external_answer.h"
#include "objects/detail/s3_action_groups.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/s3_members.h"
#include "objects/detail/verified_sums.h"

namespace gyre::objects::detail {
namespace {

using core::Json;
using core::Result;
using core::Status;
using wire::StreamCall;

constexpr std::string_view kChecksum = "x-amz-checksum-";
constexpr uint64_t kPiece = uint64_t{8} << 20;

// What belongs to the client's connection or signature, and not to what is asked for.
constexpr std::array<std::string_view, 14> kOwnHeaders = {"authorization",
                                                          "connection",
                                                          "content-length",
                                                          "expect",
                                                          "host",
                                                          "proxy-connection",
                                                          "te",
                                                          "transfer-encoding",
                                                          "user-agent",
                                                          "x-amz-content-sha256",
                                                          "x-amz-date",
                                                          "x-amz-decoded-content-length",
                                                          "x-amz-security-token",
                                                          "x-amz-trailer"};
constexpr std::array<std::string_view, 11> kSignatureQuery = {
    "X-Amz-Algorithm",     "X-Amz-Credential", "X-Amz-Date",           "X-Amz-Expires",
    "X-Amz-SignedHeaders", "X-Amz-Signature",  "X-Amz-Security-Token", "AWSAccessKeyId",
    "Signature",           "Expires",          "x-amz-security-token"};
constexpr std::array<std::string_view, 6> kOwnAnswer = {
    "connection", "content-length", "date", "server", "transfer-encoding", "x-amz-request-id"};

constexpr std::array<std::string_view, 5> kGrants = {"GrantFullControl", "GrantRead",
                                                     "GrantReadACP", "GrantWrite", "GrantWriteACP"};

template <size_t kSize>
bool IsAmong(const std::array<std::string_view, kSize>& names, std::string_view name) {
    return std::ranges::any_of(names, [&](auto one) { return net::EqualsIgnoreCase(one, name); });
}

std::string PathOf(const Json& input) {
    const std::string bucket = Text(input, "Bucket");
    const std::string key = Text(input, "Key");
    std::string path = "/" + net::PercentEncode(bucket);
    if (!key.empty()) path += "/" + net::PercentEncode(key, true);
    return path;
}

ExternalRequest RequestOf(const StreamCall& call) {
    ExternalRequest request;
    request.method = call.head.method;
    request.path = PathOf(call.input);
    if (const auto query = net::ParseQuery(call.head.query)) {
        for (const auto& [name, value] : *query) {
            if (IsAmong(kSignatureQuery, name)) continue;
            if (!request.query.empty()) request.query += '&';
            request.query += net::PercentEncode(name) + "=" + net::PercentEncode(value);
        }
    }
    for (const auto& [name, value] : call.head.headers) {
        if (IsAmong(kOwnHeaders, name)) continue;
        if (net::EqualsIgnoreCase(name, "content-encoding")) {
            const std::string kept = WithoutAwsChunked(value);
            if (!kept.empty()) request.headers.Add(name, kept);
            continue;
        }
        // It names a trailer that does not go on; the sum was checked here.
        if (net::EqualsIgnoreCase(name, "x-amz-sdk-checksum-algorithm") &&
            call.head.headers.Find("x-amz-trailer")) {
            continue;
        }
        request.headers.Add(name, value);
    }
    return request;
}

net::Headers AnswerHeaders(const StreamCall& call, const net::Response& response) {
    net::Headers headers;
    for (const auto& [name, value] : response.headers) {
        if (!IsAmong(kOwnAnswer, name)) headers.Add(name, value);
    }
    headers.Set("x-amz-request-id", call.context.request_id);
    return headers;
}

Status Relay(StreamCall& call, net::Response response) {
    net::Headers headers = AnswerHeaders(call, response);
    if (call.head.method == "HEAD") {
        if (const auto length = response.headers.Find("Content-Length")) {
            headers.Set("Content-Length", std::string(*length));
        }
    }
    call.exchange.Respond({response.status, std::move(headers), std::move(response.body)});
    return {};
}

/// A body whose trailing checksums are checked at its end.
class SummedBody final : public net::BodyReader {
  public:
    SummedBody(net::BodyReader& body, ExpectedSums expected)
        : body_(body), expected_(std::move(expected)), summer_(AlgorithmsFor(expected_)) {}
    Result<size_t> Read(std::span<char> into) override {
        GYRE_ASSIGN(const size_t got, body_.Read(into));
        if (got > 0) {
            summer_.Update({into.data(), got});
        } else if (!finished_) {
            finished_ = true;
            GYRE_TRY(Verify(expected_, summer_.Finish()));
        }
        return got;
    }
    [[nodiscard]] std::optional<uint64_t> Length() const override { return body_.Length(); }

  private:
    net::BodyReader& body_;
    const ExpectedSums expected_;
    Checksummer summer_;
    bool finished_ = false;
};

uint64_t NumberIn(std::string_view text) {
    uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

}  // namespace

Status S3Forwarder::CheckFurther(const StreamCall& call) const {
    if (!options_.allowed) return {};
    if (const std::string source = Text(call.input, "CopySource"); !source.empty()) {
        GYRE_ASSIGN(const CopySource parsed, ParseCopySource(source));
        GYRE_TRY(AskFor(options_, call.context, "s3:GetObject",
                        ObjectArn(parsed.bucket, parsed.key), parsed.version));
    }
    const std::string object = ObjectResource(call.context, call.input);
    if (!Text(call.input, "Tagging").empty()) {
        GYRE_TRY(AskFor(options_, call.context, kPutTags, object, ""));
    }
    if (call.context.operation == "GetObjectAttributes") {
        GYRE_TRY(
            AskFor(options_, call.context, "s3:GetObject", object, Text(call.input, "VersionId")));
    }
    const std::string acl = Text(call.input, "ACL");
    const bool opens = std::ranges::any_of(
        kGrants, [&](auto member) { return core::JsonFind(call.input, member) != nullptr; });
    if (opens || (!acl.empty() && AclNamed(acl) != Acl::kPrivate)) {
        const std::string key = Text(call.input, "Key");
        const std::string bucket = Text(call.input, "Bucket");
        GYRE_TRY(options_.allowed(call.context, key.empty() ? "s3:PutBucketAcl" : "s3:PutObjectAcl",
                                  key.empty() ? BucketArn(bucket) : ObjectArn(bucket, key)));
    }
    if (call.context.operation != "DeleteObjects") return {};
    // All of the batch or nothing: what is sent on is the client's own document.
    const Json* batch = core::JsonFind(call.input, "Delete");
    const Json* objects = batch == nullptr ? nullptr : core::JsonFind(*batch, "Objects");
    if (objects == nullptr || !objects->is_array()) return {};
    const std::string bucket = Text(call.input, "Bucket");
    for (const Json& one : objects->get_array()) {
        GYRE_TRY(AskFor(options_, call.context, "s3:DeleteObject",
                        ObjectArn(bucket, Text(one, "Key")), Text(one, "VersionId")));
    }
    return {};
}

Status S3Forwarder::Forward(StreamCall& call) const {
    GYRE_TRY(CheckFurther(call));
    ExternalRequest request = RequestOf(call);
    const std::string& operation = call.context.operation;
    if (operation == "GetObject" && Text(call.input, "PartNumber").empty() &&
        core::JsonFind(call.input, "PartNumber") == nullptr) {
        return GetObject(call, request);
    }
    if (operation == "PutObject" || operation == "UploadPart") {
        return SendBody(call, std::move(request));
    }
    std::string piece(size_t{64} << 10, '\0');
    while (true) {
        GYRE_ASSIGN(const size_t got, call.body.Read({piece.data(), piece.size()}));
        if (got == 0) break;
        request.body.append(piece, 0, got);
    }
    GYRE_ASSIGN(auto response, Ask(s3_, clock_, std::move(request)));
    return Relay(call, std::move(response));
}

Status S3Forwarder::SendBody(StreamCall& call, ExternalRequest request) const {
    GYRE_TRY(CheckLength(call.head));
    const auto length = call.body.Length();
    if (!length) return core::Fail(MissingLength());
    GYRE_ASSIGN(const ExpectedSums expected, ExpectedOf(call));
    SummedBody body(call.body, expected);
    request.stream = &body;
    request.stream_length = *length;
    GYRE_ASSIGN(auto response, Ask(s3_, clock_, std::move(request)));
    return Relay(call, std::move(response));
}

/// First its head, then its bytes piece by piece, all of one state of the object.
Status S3Forwarder::GetObject(StreamCall& call, const ExternalRequest& request) const {
    ExternalRequest first = request;
    first.method = "HEAD";
    first.headers.Remove("Range");
    GYRE_ASSIGN(const auto described, Ask(s3_, clock_, std::move(first)));
    const uint64_t size = NumberIn(described.headers.Get("Content-Length"));
    const std::string range_text(request.headers.Get("Range"));
    const auto range = described.status == 200 ? ParseRange(range_text, size)
                                               : Result<std::optional<ByteRange>>(std::nullopt);
    const uint64_t begin = range && *range ? (*range)->first : 0;
    const uint64_t length = range && *range ? (*range)->Length() : size;
    if (described.status != 200 || !range || length <= kPiece) {
        // One request answers it, or says in its own words why not.
        GYRE_ASSIGN(auto response, Ask(s3_, clock_, request));
        return Relay(call, std::move(response));
    }
    net::ResponseHead head{*range ? 206 : 200, AnswerHeaders(call, described)};
    if (*range) {
        head.headers.Set("Content-Range", "bytes " + std::to_string(begin) + "-" +
                                              std::to_string(begin + length - 1) + "/" +
                                              std::to_string(size));
        // A stretch does not sum up to what the whole does.
        for (const auto& [name, value] : described.headers) {
            if (net::EqualsIgnoreCase(name.substr(0, kChecksum.size()), kChecksum)) {
                head.headers.Remove(name);
            }
        }
    }
    const std::string etag(described.headers.Get("ETag"));
    const auto writer = call.exchange.RespondStream(std::move(head), length);
    for (uint64_t at = begin; at < begin + length;) {
        const uint64_t end = std::min(begin + length, at + kPiece);
        ExternalRequest piece = request;
        piece.headers.Set("Range", "bytes=" + std::to_string(at) + "-" + std::to_string(end - 1));
        piece.headers.Set("If-Match", etag);
        // An error leaves the answer cut off, so that the client does not take it for the whole.
        GYRE_ASSIGN(const auto response, Ask(s3_, clock_, std::move(piece)));
        if (response.status != 206 || response.body.size() != end - at) {
            return core::Fail(ErrorOf(response));
        }
        if (!writer->Write(response.body)) return {};
        at = end;
    }
    (void)writer->Finish();
    return {};
}

}  // namespace gyre::objects::detail
