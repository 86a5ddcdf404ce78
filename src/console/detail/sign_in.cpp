#include "console/detail/sign_in.h"

#include "access/secret_check.h"
#include "console/detail/answers.h"
#include "core/json.h"

namespace gyre::console::detail {
namespace {

constexpr size_t kMaxBody = 16 * 1024;
constexpr size_t kMaxAddresses = 10'000;
constexpr int kMaxFailures = 10;
constexpr core::seconds kFailureWindow{60};

core::JsonObject Describe(const Session& session, const access::Credential& credential,
                          const std::string& region) {
    return {{"token", session.token},
            {"accessKeyId", session.access_key_id},
            {"arn", credential.caller.arn},
            {"account", credential.caller.account},
            {"userId", credential.caller.user_id},
            {"region", region},
            {"ends", core::Iso8601(session.ends)}};
}

}  // namespace

void SignIn::Begin(std::shared_ptr<net::Exchange> exchange) {
    const net::RequestHead& head = exchange->Head();
    // A form of another site can send neither.
    if (!head.headers.Get("Content-Type").starts_with("application/json") ||
        !head.headers.Find(kTokenHeader)) {
        return AnswerProblem(*exchange, 403,
                             "Signing in takes JSON and the header X-Gyre-Token: sign-in.");
    }
    if (!MayTry(head.remote_address)) {
        net::Headers headers;
        headers.Add("Retry-After", std::to_string(kFailureWindow.count()));
        return AnswerJson(*exchange, 429,
                          core::JsonObject{{"message",
                                            "Too many wrong keys from this address; try "
                                            "again in a minute."}},
                          std::move(headers));
    }
    exchange->ReadBody(kMaxBody, [this, exchange](core::Result<std::string> body) {
        if (!body) return AnswerProblem(*exchange, 400, body.error().message);
        Take(*exchange, *body);
    });
}

void SignIn::Take(net::Exchange& exchange, const std::string& body) {
    const net::RequestHead& head = exchange.Head();
    const auto json = core::ParseJson(body);
    if (!json) return AnswerProblem(exchange, 400, json.error().message);
    const std::string key(core::JsonString(*json, "accessKeyId").value_or(""));
    const auto secret = core::JsonString(*json, "secretAccessKey").value_or("");
    const auto token = core::JsonString(*json, "sessionToken").value_or("");
    const auto credential =
        access::CheckSecret(*options_.credentials, key, secret, token, options_.clock->WallNow());
    if (!credential) {
        Failed(head.remote_address);
        Record(head, key, {}, "gyre:SignIn", "refused", "WrongAccessKey");
        return AnswerProblem(exchange, 403, credential.error().message);
    }
    const auto begun = options_.sessions->Begin(key);
    Record(head, key, credential->caller.arn, "gyre:SignIn", "open", {});
    net::Headers headers;
    headers.Add("Set-Cookie", SetCookie(head, begun.cookie));
    AnswerJson(exchange, 200, Describe(begun.session, *credential, options_.region),
               std::move(headers));
}

void SignIn::Tell(net::Exchange& exchange, const Session& session) const {
    const auto credential = options_.credentials->Find(session.access_key_id);
    if (!credential) return AnswerProblem(exchange, 401, "The access key is not active any more.");
    AnswerJson(exchange, 200, Describe(session, *credential, options_.region));
}

void SignIn::End(net::Exchange& exchange, const Session& session) {
    options_.sessions->End(CookieOf(exchange.Head()));
    const auto credential = options_.credentials->Find(session.access_key_id);
    Record(exchange.Head(), session.access_key_id,
           credential ? std::string_view(credential->caller.arn) : std::string_view(),
           "gyre:SignOut", "open", {});
    net::Headers headers;
    headers.Add("Set-Cookie", SetCookie(exchange.Head(), {}));
    AnswerJson(exchange, 200, core::JsonObject{}, std::move(headers));
}

bool SignIn::MayTry(const std::string& address) {
    auto failures = failures_.Lock();
    const auto found = failures->find(address);
    if (found == failures->end()) return true;
    if (options_.clock->Now() < found->second.window_ends)
        return found->second.count < kMaxFailures;
    failures->erase(found);
    return true;
}

void SignIn::Failed(const std::string& address) {
    const auto now = options_.clock->Now();
    auto failures = failures_.Lock();
    if (failures->size() >= kMaxAddresses) {
        std::erase_if(*failures,
                      [&](const auto& entry) { return entry.second.window_ends <= now; });
    }
    if (failures->size() >= kMaxAddresses) failures->clear();
    Failures& of_address = (*failures)[address];
    if (of_address.window_ends <= now) of_address = {now + kFailureWindow, 0};
    ++of_address.count;
}

void SignIn::Record(const net::RequestHead& head, std::string_view key, std::string_view caller,
                    std::string_view action, std::string_view outcome, std::string_view reason) {
    if (!options_.audit) return;
    options_.audit->Record({.request_id = head.request_id,
                            .source = head.remote_address,
                            .access_key_id = key,
                            .caller = caller,
                            .action = action,
                            .resource = {},
                            .outcome = outcome,
                            .policy = {},
                            .statement = {},
                            .reason = reason});
}

}  // namespace gyre::console::detail
