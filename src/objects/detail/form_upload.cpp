#include "objects/detail/form_upload.h"

#include <algorithm>
#include <array>
#include <utility>

#include "access/request_context.h"
#include "access/signing_key.h"
#include "core/ascii.h"
#include "core/digest.h"
#include "core/utf8.h"
#include "objects/detail/form_reader.h"
#include "objects/detail/s3_acls.h"
#include "objects/detail/s3_action_groups.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/s3_members.h"
#include "objects/detail/s3_unserved.h"
#include "objects/detail/tagging.h"
#include "objects/local_store.h"
#include "wire/protocol.h"

namespace gyre::objects::detail {
namespace {

using core::Json;
using core::JsonObject;
using core::Result;
using core::Status;

constexpr std::string_view kAlgorithmV4 = "AWS4-HMAC-SHA256";
constexpr std::string_view kUserMetadata = "x-amz-meta-";
constexpr std::string_view kFileNameMark = "${filename}";
constexpr std::string_view kChecksum = "x-amz-checksum-";

// The form's fields that are the headers of a PUT, and the members of the model that they are.
constexpr std::array<std::pair<std::string_view, std::string_view>, 17> kMembers = {{
    {"Content-Type", "ContentType"},
    {"Cache-Control", "CacheControl"},
    {"Content-Disposition", "ContentDisposition"},
    {"Content-Encoding", "ContentEncoding"},
    {"Content-Language", "ContentLanguage"},
    {"Expires", "Expires"},
    {"x-amz-website-redirect-location", "WebsiteRedirectLocation"},
    {"acl", "ACL"},
    {"x-amz-acl", "ACL"},
    {"x-amz-storage-class", "StorageClass"},
    {"x-amz-server-side-encryption", "ServerSideEncryption"},
    {"x-amz-server-side-encryption-aws-kms-key-id", "SSEKMSKeyId"},
    {"x-amz-server-side-encryption-customer-algorithm", "SSECustomerAlgorithm"},
    {"x-amz-server-side-encryption-customer-key", "SSECustomerKey"},
    {"x-amz-object-lock-mode", "ObjectLockMode"},
    {"x-amz-object-lock-legal-hold", "ObjectLockLegalHoldStatus"},
    {"x-amz-checksum-algorithm", "ChecksumAlgorithm"},
}};

core::Error Missing(const std::string& field) {
    return InvalidArgument("Bucket POST must contain a field named '" + field +
                           "'.  If it is specified, please check the order of the fields.")
        .With("ArgumentName", field);
}

core::Error Refused(const char* name, const char* message) {
    return S3Error(core::Code::kUnauthenticated, 403, name, message);
}

/// AKID/20261124/us-east-1/s3/aws4_request
std::vector<std::string> ScopeOf(std::string_view credential) {
    std::vector<std::string> parts;
    while (true) {
        const size_t slash = credential.find('/');
        parts.emplace_back(credential.substr(0, slash));
        if (slash == std::string_view::npos) return parts;
        credential.remove_prefix(slash + 1);
    }
}

/// The key that the file gets, its name in the place of ${filename}.
std::string KeyOf(const FormFields& fields, const std::string& file_name) {
    std::string key = FieldOf(fields, "key");
    for (size_t at = key.find(kFileNameMark); at != std::string::npos;
         at = key.find(kFileNameMark, at + file_name.size())) {
        key.replace(at, kFileNameMark.size(), file_name);
    }
    return key;
}

/// A policy is held against the key that is written, not against the one with ${filename}.
FormFields WithKey(FormFields fields, const std::string& key) {
    for (auto& [name, value] : fields) {
        if (net::EqualsIgnoreCase(name, "key")) value = key;
    }
    return fields;
}

/// What a PUT of the same object would have as its input document.
JsonObject InputOf(const FormFields& fields) {
    JsonObject input;
    JsonObject metadata;
    for (const auto& [name, value] : fields) {
        // As of headers.
        const std::string lower = core::AsciiLower(core::ToUtf8(name));
        const std::string text = core::ToUtf8(value);
        if (lower.starts_with(kUserMetadata)) metadata[lower.substr(kUserMetadata.size())] = text;
        for (const auto& [field, member] : kMembers) {
            if (net::EqualsIgnoreCase(field, name)) input[member] = text;
        }
    }
    if (!metadata.empty()) input["Metadata"] = std::move(metadata);
    return input;
}

Result<ExpectedSums> ExpectedOf(const FormFields& fields, const Json& input) {
    ExpectedSums expected;
    if (std::string md5 = FieldOf(fields, "Content-MD5"); !md5.empty()) {
        expected.content_md5 = std::move(md5);
    }
    GYRE_ASSIGN(const auto named, AlgorithmOf(input));
    if (named) expected.algorithms.insert(*named);
    for (const ChecksumAlgorithm algorithm : AllChecksums()) {
        std::string value =
            FieldOf(fields, std::string(kChecksum) + std::string(ChecksumName(algorithm)));
        if (!value.empty()) expected.checksums.emplace(algorithm, std::move(value));
    }
    return expected;
}

/// The Tagging member that a `tagging` field is, the document that PutObjectTagging takes; null for
/// none.
Result<Json> TaggingOf(const FormFields& fields) {
    const std::string document = FieldOf(fields, "tagging");
    if (document.empty()) return Json();
    net::RequestHead head;
    head.method = "PUT";
    head.path = "/bucket/key";
    head.query = "tagging";
    GYRE_ASSIGN(const wire::Route route,
                wire::RouteRequest(*wire::FindService(head, "s3"), head, ""));
    GYRE_ASSIGN(const Json input, wire::ParseInput(route, head, document));
    return input.at("Tagging");
}

/// The head of a PUT of the same object, for what policies ask of headers: a form's own say nothing
/// of its object.
net::RequestHead PutHeadOf(net::RequestHead head, const FormFields& fields) {
    net::Headers headers;
    for (const auto& [name, value] : std::exchange(head.headers, {})) {
        if (!core::AsciiLower(name).starts_with("x-amz-")) headers.Add(name, value);
    }
    head.headers = std::move(headers);
    for (const auto& [field, member] : kMembers) {
        const std::string value = FieldOf(fields, field);
        if (value.empty()) continue;
        head.headers.Set(field == "acl" ? "x-amz-acl" : field, value);
    }
    return head;
}

std::string EscapeXml(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        switch (c) {
            case '&':
                escaped += "&amp;";
                break;
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            default:
                escaped += c;
        }
    }
    return escaped;
}

net::Response AnswerOf(const net::RequestHead& head, const FormFields& fields,
                       const ObjectInfo& info) {
    const std::string location = (head.secure ? "https://" : "http://") +
                                 std::string(head.headers.Get("Host")) +
                                 (wire::BucketOfHost(head).empty() ? "/" + info.bucket : "") + "/" +
                                 net::PercentEncode(info.key, true);
    net::Response response{204, {}, ""};
    response.headers.Set("ETag", Quoted(info.etag));
    response.headers.Set("Location", location);
    response.headers.Set("x-amz-request-id", head.request_id);
    if (!info.version.empty()) response.headers.Set("x-amz-version-id", info.version);
    std::string redirect = FieldOf(fields, "success_action_redirect");
    if (redirect.empty()) redirect = FieldOf(fields, "redirect");
    if (redirect.starts_with("http://") || redirect.starts_with("https://")) {
        redirect += redirect.find('?') == std::string::npos ? '?' : '&';
        redirect += "bucket=" + net::PercentEncode(info.bucket) +
                    "&key=" + net::PercentEncode(info.key, true) +
                    "&etag=" + net::PercentEncode(Quoted(info.etag));
        response.status = 303;
        response.headers.Set("Location", redirect);
        return response;
    }
    const std::string status = FieldOf(fields, "success_action_status");
    if (status == "200") response.status = 200;
    if (status != "201") return response;
    response.status = 201;
    response.headers.Set("Content-Type", "application/xml");
    response.body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse><Location>" +
                    EscapeXml(location) + "</Location><Bucket>" + EscapeXml(info.bucket) +
                    "</Bucket><Key>" + EscapeXml(info.key) + "</Key><ETag>&quot;" + info.etag +
                    "&quot;</ETag></PostResponse>";
    return response;
}

}  // namespace

Result<wire::Caller> FormUpload::CallerOf(const FormFields& fields) const {
    const std::string policy = FieldOf(fields, "policy");
    const bool v4 =
        !FieldOf(fields, "x-amz-algorithm").empty() || !FieldOf(fields, "x-amz-credential").empty();
    const bool v2 = !FieldOf(fields, "AWSAccessKeyId").empty();
    if (policy.empty() && !v4 && !v2) return wire::Caller();
    if (policy.empty()) return core::Fail(Missing("policy"));
    const std::string given = FieldOf(fields, v4 ? "x-amz-signature" : "signature");
    if (given.empty()) return core::Fail(Missing(v4 ? "X-Amz-Signature" : "Signature"));
    std::vector<std::string> scope;
    std::string id = FieldOf(fields, "AWSAccessKeyId");
    if (v4) {
        if (FieldOf(fields, "x-amz-algorithm") != kAlgorithmV4) {
            return core::Fail(
                InvalidArgument("X-Amz-Algorithm only supports "
                                "\"AWS4-HMAC-SHA256\""));
        }
        scope = ScopeOf(FieldOf(fields, "x-amz-credential"));
        if (scope.size() != 5 || scope[3] != "s3" || scope[4] != "aws4_request" ||
            !FieldOf(fields, "x-amz-date").starts_with(scope[1])) {
            return core::Fail(InvalidArgument(
                "Error parsing the X-Amz-Credential parameter; it should be "
                "\"<YOUR-AKID>/YYYYMMDD/REGION/s3/aws4_request\" of the day of X-Amz-Date."));
        }
        id = scope[0];
    } else if (id.empty()) {
        return core::Fail(Missing("AWSAccessKeyId"));
    }
    const auto credential = options_.credentials->Find(id);
    if (!credential) {
        return core::Fail(Refused("InvalidAccessKeyId",
                                  "The AWS Access Key Id you provided does not exist in our "
                                  "records.")
                              .With("AWSAccessKeyId", id));
    }
    const std::string computed =
        v4 ? core::HexEncode(
                 core::HmacSha256(access::AsText(access::DeriveSigningKey(
                                      credential->secret, scope[1], scope[2], scope[3])),
                                  policy))
           : core::Base64Encode(core::HmacSha1(credential->secret, policy));
    if (!core::ConstantTimeEquals(computed, given)) {
        return core::Fail(Refused("SignatureDoesNotMatch",
                                  "The request signature we calculated does not match the "
                                  "signature you provided. Check your key and signing method.")
                              .With("AWSAccessKeyId", id)
                              .With("StringToSign", policy)
                              .With("SignatureProvided", given));
    }
    if (!core::ConstantTimeEquals(credential->session_token,
                                  FieldOf(fields, "x-amz-security-token"))) {
        return core::Fail(
            Refused("InvalidToken", "The provided token is malformed or otherwise invalid."));
    }
    if (credential->expires && options_.clock->WallNow() >= *credential->expires) {
        return core::Fail(Refused("ExpiredToken", "The provided token has expired."));
    }
    wire::Caller caller = credential->caller;
    caller.access_key_id = id;
    return caller;
}

Result<net::Response> FormUpload::Upload(net::Exchange& exchange) const {
    const net::RequestHead& head = exchange.Head();
    FormReader form(exchange.Body(), *BoundaryOf(head.headers.Get("Content-Type")));
    GYRE_TRY(form.ReadFields());
    const FormFields& fields = form.Fields();
    std::string bucket(wire::BucketOfHost(head));
    if (bucket.empty()) {
        std::string_view path = head.path;
        path.remove_prefix(1);
        bucket = net::PercentDecode(path.substr(0, path.find('/'))).value_or("");
    }
    GYRE_ASSIGN(const wire::Caller caller, CallerOf(fields));
    const std::string key = KeyOf(fields, form.FileName());
    if (const std::string encoded = FieldOf(fields, "policy"); !encoded.empty()) {
        GYRE_ASSIGN(const PostPolicy policy, PostPolicy::Parse(encoded));
        GYRE_TRY(policy.Check(WithKey(fields, key), bucket, options_.clock->WallNow()));
        form.Limit(policy.Least(), policy.Most());
    }
    if (key.empty()) return core::Fail(Missing("key"));
    if (!form.HasFile()) return core::Fail(Missing("file"));
    JsonObject members = InputOf(fields);
    GYRE_ASSIGN(const Json tagging, TaggingOf(fields));
    if (!tagging.is_null()) members["Tagging"] = tagging;
    members["Key"] = key;
    const Json input = std::move(members);
    GYRE_TRY(CheckServed(input));
    wire::CallContext context{"s3", "PostObject", options_.s3.region, head.request_id, caller};
    context.facts =
        access::RequestContext(PutHeadOf(head, fields), context, input, options_.clock->WallNow());
    const S3Room room{*options_.store, options_.s3};
    const std::string object = ObjectArn(bucket, key);
    GYRE_TRY(room.Allowed(context, "s3:PutObject", object));
    PutOptions put;
    GYRE_ASSIGN(put.acl, AclForObject({*options_.store, options_.s3}, context, input, bucket, key));
    GYRE_ASSIGN(put.metadata, MetadataOf(input));
    GYRE_ASSIGN(put.tags, ReadTagSet(core::JsonFind(tagging, "TagSet"), kMostObjectTags));
    GYRE_TRY(room.AllowedTags(context, put.tags, object));
    GYRE_ASSIGN(put.expected, ExpectedOf(fields, input));
    put.by = By(context);
    put.event = "ObjectCreated:Post";
    GYRE_ASSIGN(const ObjectInfo info, options_.store->PutObject(bucket, key, form, put));
    return AnswerOf(head, fields, info);
}

void FormUpload::Run(net::Exchange& exchange) const {
    auto answer = Upload(exchange);
    if (!answer) return AnswerError(exchange, answer.error());
    exchange.Respond(std::move(*answer));
}

void FormUpload::AnswerError(net::Exchange& exchange, const core::Error& error) const {
    const net::RequestHead& head = exchange.Head();
    exchange.Respond(
        wire::WriteError(*wire::FindService(head, "s3"), error, head.request_id, head.path));
}

void FormUpload::AnswerBusy(net::Exchange& exchange) const {
    AnswerError(exchange, S3Error(core::Code::kUnavailable, 503, "SlowDown",
                                  "Please reduce your request rate.")
                              .With("Retry-After", "1"));
}

}  // namespace gyre::objects::detail
