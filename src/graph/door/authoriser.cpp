#include "graph/door/authoriser.h"

#include "access/request_context.h"
#include "access/signature_claim.h"
#include "access/sigv4.h"
#include "core/digest.h"
#include "core/json.h"

namespace gyre::graph::door {
namespace {

constexpr auto kStyle = access::ErrorStyle::kRestJson;

bool FromHere(const net::RequestHead& head) {
    const std::string_view address = head.remote_address;
    return address.empty() || address == "::1" || address.starts_with("127.");
}

/// In which language a path asks, in the words of the condition key; "" where in none.
std::string_view LanguageOf(std::string_view path) {
    if (path.starts_with("/gremlin")) return "Gremlin";
    if (path.starts_with("/openCypher") || path.starts_with("/opencypher")) return "OpenCypher";
    return path.starts_with("/sparql") ? "Sparql" : "";
}

}  // namespace

core::Result<gremlin::Permissions> Authoriser::Check(const net::RequestHead& head,
                                                     std::string_view body,
                                                     std::string_view action) {
    GYRE_ASSIGN(const auto claim, access::ReadClaim(head, kStyle));
    if (IsOpen(head, claim.has_value())) return gremlin::Permissions();
    if (!claim) {
        return core::Fail(access::RefusalError(
            kStyle, access::Refusal::kAnonymous,
            "Missing Authentication Token: requests to this graph are signed for neptune-db"));
    }
    if (claim->service != "neptune-db") {
        return core::Fail(access::RefusalError(
            kStyle, access::Refusal::kBadSignature,
            "the request is signed for '" + claim->service + "' and not for 'neptune-db'"));
    }
    auto credential = options_.credentials->Find(claim->access_key_id);
    if (!credential) {
        return core::Fail(access::RefusalError(kStyle, access::Refusal::kUnknownKey,
                                               "The security token included in the request is "
                                               "invalid."));
    }
    GYRE_TRY(access::CheckClaim(head, *claim, *credential, options_.clock->WallNow(), kStyle));
    // As the gate has it: who signs may leave the body out, and says so.
    const bool body_signed = head.headers.Get("x-amz-content-sha256") != access::kUnsignedPayload;
    const std::string hash =
        body_signed ? core::HexEncode(core::Sha256(body)) : std::string(access::kUnsignedPayload);
    GYRE_TRY(access::CheckSignature(head, *claim, *credential, hash, keys_, kStyle));
    options_.credentials->NoteUse(*credential, claim->service, claim->region);
    return Permitted(*credential, action, head);
}

core::Status Authoriser::CheckElsewhere(const net::RequestHead& head, const std::string& action,
                                        const std::string& resource) const {
    GYRE_ASSIGN(const auto claim, access::ReadClaim(head, kStyle));
    if (IsOpen(head, claim.has_value())) return {};
    access::Credential credential;  // of an anonymous caller
    if (claim) {
        GYRE_ASSIGN(credential, options_.credentials->Find(claim->access_key_id));
    }
    const auto decision = options_.policies->Authorise(credential, action, resource, FactsOf(head));
    if (decision.effect == access::Decision::Effect::kAllow) return {};
    return core::Fail(access::RefusalError(kStyle, access::Refusal::kDenied,
                                           "User: " + credential.caller.arn +
                                               " is not authorized to perform: " + action +
                                               " on resource: " + resource));
}

bool Authoriser::IsOpen(const net::RequestHead& head, bool signed_for) const {
    return options_.mode == IamAuth::kOff ||
           (options_.mode == IamAuth::kFromAfar && !signed_for && FromHere(head));
}

access::ConditionContext Authoriser::FactsOf(const net::RequestHead& head) const {
    wire::CallContext call;
    call.service = "neptune-db";
    call.region = options_.region;
    return access::RequestContext(head, call, {}, options_.clock->WallNow());
}

core::Result<gremlin::Permissions> Authoriser::Permitted(const access::Credential& credential,
                                                         std::string_view action,
                                                         const net::RequestHead& head) const {
    access::ConditionContext facts = FactsOf(head);
    if (const std::string_view language = LanguageOf(head.path); !language.empty()) {
        facts.emplace_back("neptune-db:QueryLanguage", language);
    }
    const auto allowed = [&](std::string_view what) {
        return options_.policies
                   ->Authorise(credential, "neptune-db:" + std::string(what), options_.resource,
                               facts)
                   .effect == access::Decision::Effect::kAllow;
    };
    if (!allowed(action)) {
        return core::Fail(access::RefusalError(
            kStyle, access::Refusal::kDenied,
            "User: " + credential.caller.arn + " is not authorized to perform: neptune-db:" +
                std::string(action) + " on resource: " + options_.resource));
    }
    return gremlin::Permissions{.write = allowed("WriteDataViaQuery"),
                                .remove = allowed("DeleteDataViaQuery")};
}

core::Result<gremlin::Permissions> Authoriser::CheckToken(const std::string& remote_address,
                                                          const std::string& token) {
    net::RequestHead head;
    head.method = "GET";
    head.target = head.path = "/opencypher";
    head.remote_address = remote_address;
    const auto json = core::ParseJson(token);
    if (json && json->is_object()) {
        for (const char* name : {"Authorization", "Host", "X-Amz-Date", "X-Amz-Security-Token"}) {
            const auto value = core::JsonString(*json, name);
            if (value) head.headers.Add(name, std::string(*value));
        }
    }
    return Check(head, "", "ReadDataViaQuery");
}

core::Result<gremlin::Permissions> Authoriser::CheckPassword(const net::RequestHead& head,
                                                             const std::string& user,
                                                             const std::string& password) {
    const auto credential = options_.credentials->Find(user);
    const bool long_lived = credential && credential->session_token.empty();
    if (!long_lived || !core::ConstantTimeEquals(credential->secret, password)) {
        return core::Fail(core::Code::kUnauthenticated, "AccessDeniedException",
                          "Username and/or password are incorrect");
    }
    options_.credentials->NoteUse(*credential, "neptune-db", "");
    return Permitted(*credential, "ReadDataViaQuery", head);
}

bool Authoriser::AsksLater(const net::RequestHead& head) const {
    if (!options_.passwords || options_.mode == IamAuth::kOff) return false;
    if (options_.mode == IamAuth::kFromAfar && FromHere(head)) return false;
    const auto claim = access::ReadClaim(head, kStyle);
    return claim && !*claim;
}

}  // namespace gyre::graph::door
