#include "access/sign.h"

#include <algorithm>
#include <set>

#include "access/canonical.h"
#include "access/detail/text.h"
#include "access/signing_key.h"
#include "access/sigv4.h"
#include "core/ascii.h"
#include "core/digest.h"

namespace gyre::access {
namespace {

std::string SignedHeaderList(const net::Headers& headers) {
    std::set<std::string> names;
    for (const auto& [name, value] : headers) {
        std::string lower = core::AsciiLower(name);
        if (lower == "host" || lower == "content-type" || lower.starts_with("x-amz-")) {
            names.insert(std::move(lower));
        }
    }
    std::string list;
    for (const std::string& name : names) {
        if (!list.empty()) list += ';';
        list += name;
    }
    return list;
}

std::string ScopeOf(const SigningIdentity& identity, const std::string& timestamp) {
    return timestamp.substr(0, 8) + "/" + identity.region + "/" + identity.service +
           "/aws4_request";
}

std::string Signature(const SigningIdentity& identity, const std::string& timestamp,
                      std::string_view canonical) {
    const auto key = DeriveSigningKey(identity.secret, timestamp.substr(0, 8), identity.region,
                                      identity.service);
    return core::HexEncode(core::HmacSha256(
        AsText(key), StringToSign(timestamp, ScopeOf(identity, timestamp), canonical)));
}

}  // namespace

void SignHead(net::RequestHead& head, std::string_view payload_hash,
              const SigningIdentity& identity, core::WallTime now) {
    const std::string timestamp = core::Iso8601Basic(now);
    head.headers.Set("X-Amz-Date", timestamp);
    if (!identity.session_token.empty()) {
        head.headers.Set("X-Amz-Security-Token", identity.session_token);
    }
    if (identity.service == "s3") {
        head.headers.Set("X-Amz-Content-Sha256", std::string(payload_hash));
    }
    const std::string list = SignedHeaderList(head.headers);
    const std::string canonical =
        CanonicalRequest(head, PathRuleOf(identity.service), list, payload_hash);
    head.headers.Set("Authorization",
                     "AWS4-HMAC-SHA256 Credential=" + identity.access_key_id + "/" +
                         ScopeOf(identity, timestamp) + ", SignedHeaders=" + list +
                         ", Signature=" + Signature(identity, timestamp, canonical));
}

void SignRequest(net::ClientRequest& request, std::string_view host,
                 const SigningIdentity& identity, core::WallTime now) {
    net::RequestHead head;
    head.method = request.method;
    const size_t question = std::min(request.target.find('?'), request.target.size());
    head.path = request.target.substr(0, question);
    if (question < request.target.size()) head.query = request.target.substr(question + 1);
    head.headers = std::move(request.headers);
    if (!head.headers.Find("host")) head.headers.Add("Host", std::string(host));
    SignHead(head, core::HexEncode(core::Sha256(request.body)), identity, now);
    request.headers = std::move(head.headers);
}

std::string PresignTarget(const net::RequestHead& head, const SigningIdentity& identity,
                          core::WallTime now, core::seconds expires) {
    const std::string timestamp = core::Iso8601Basic(now);
    const std::string list = SignedHeaderList(head.headers);
    net::RequestHead copy = head;
    const auto add = [&copy](std::string_view name, std::string_view value) {
        if (!copy.query.empty()) copy.query += '&';
        copy.query += name;
        copy.query += '=';
        detail::AppendEncoded(value, false, copy.query);
    };
    add("X-Amz-Algorithm", "AWS4-HMAC-SHA256");
    add("X-Amz-Credential", identity.access_key_id + "/" + ScopeOf(identity, timestamp));
    add("X-Amz-Date", timestamp);
    add("X-Amz-Expires", std::to_string(expires.count()));
    add("X-Amz-SignedHeaders", list);
    if (!identity.session_token.empty()) add("X-Amz-Security-Token", identity.session_token);
    const std::string payload = identity.service == "s3" ? std::string(kUnsignedPayload)
                                                         : core::HexEncode(core::Sha256(""));
    const std::string canonical =
        CanonicalRequest(copy, PathRuleOf(identity.service), list, payload);
    add("X-Amz-Signature", Signature(identity, timestamp, canonical));
    return copy.path + "?" + copy.query;
}

}  // namespace gyre::access
