#include "console/console.h"

#include <utility>

#include "console/assets.h"
#include "console/detail/answers.h"
#include "console/detail/forwarded_exchange.h"
#include "console/detail/guarded_exchange.h"
#include "console/detail/sign_in.h"
#include "core/digest.h"

namespace gyre::console {
namespace {

constexpr std::string_view kOwnPaths = "/-/";
constexpr std::string_view kApiPath = "/-/api/";
constexpr std::string_view kSessionPath = "/-/session";

/// A request with a signature is an API's, wherever it goes.
bool IsSigned(const net::RequestHead& head) {
    return head.headers.Find("Authorization") || head.query.find("Signature=") != head.query.npos;
}

bool IsReading(const net::RequestHead& head) {
    return head.method == "GET" || head.method == "HEAD";
}

/// S3's ListBuckets has the same path; only browsers ask for HTML.
bool WantsPage(const net::RequestHead& head) {
    return head.path == "/" && IsReading(head) &&
           head.headers.Get("Accept").find("text/html") != std::string_view::npos;
}

/// Newer browsers tell where a request comes from: another site has nothing to ask here, not even
/// with the user's cookie. A person may type the address of something to read.
bool ComesFromElsewhere(const net::RequestHead& head) {
    const auto site = head.headers.Find("Sec-Fetch-Site");
    if (!site || *site == "same-origin") return false;
    return *site != "none" || !IsReading(head);
}

class Console {
  public:
    explicit Console(ConsoleOptions options)
        : options_(std::move(options)),
          sessions_(*options_.clock, options_.limits),
          sign_in_({.sessions = &sessions_,
                    .credentials = options_.credentials,
                    .audit = options_.audit,
                    .clock = options_.clock,
                    .region = options_.region}) {}

    void Handle(std::shared_ptr<net::Exchange> exchange) {
        const net::RequestHead& head = exchange->Head();
        if (IsSigned(head)) {
            // A presigned URL can be opened in a browser, and may be a page.
            if (head.headers.Find("Authorization")) return options_.gate(std::move(exchange));
            return options_.gate(std::make_shared<detail::GuardedExchange>(std::move(exchange)));
        }
        if (WantsPage(head)) return detail::AnswerAsset(*exchange, *FindAsset("/"));
        if (!head.path.starts_with(kOwnPaths)) {
            return options_.gate(std::make_shared<detail::GuardedExchange>(std::move(exchange)));
        }
        if (const Asset* asset = FindAsset(head.path)) {
            if (!IsReading(head)) return detail::AnswerProblem(*exchange, 405, "Only GET is here.");
            return detail::AnswerAsset(*exchange, *asset);
        }
        if (ComesFromElsewhere(head)) {
            return detail::AnswerProblem(*exchange, 403,
                                         "The console takes no requests from other sites.");
        }
        if (head.path == kSessionPath) return HandleSession(std::move(exchange));
        if (head.path.starts_with(kApiPath)) return Forward(std::move(exchange));
        detail::AnswerProblem(*exchange, 404, "There is nothing at this path.");
    }

  private:
    /// The session that may make this request, or an answer that says why there is none.
    std::optional<Session> SessionFor(net::Exchange& exchange) {
        auto session = sessions_.Find(detail::CookieOf(exchange.Head()));
        if (!session) {
            detail::AnswerProblem(exchange, 401, "Nobody is signed in, or the session has ended.");
            return std::nullopt;
        }
        const auto token = exchange.Head().headers.Get(detail::kTokenHeader);
        if (!IsReading(exchange.Head()) && !core::ConstantTimeEquals(token, session->token)) {
            detail::AnswerProblem(
                exchange, 403, "The request does not carry the session's token; reload the page.");
            return std::nullopt;
        }
        return session;
    }

    void HandleSession(std::shared_ptr<net::Exchange> exchange) {
        const std::string& method = exchange->Head().method;
        if (method == "POST") return sign_in_.Begin(std::move(exchange));
        if (method != "GET" && method != "DELETE") {
            return detail::AnswerProblem(*exchange, 405, "GET, POST and DELETE are here.");
        }
        const auto session = SessionFor(*exchange);
        if (!session) return;
        if (method == "GET") return sign_in_.Tell(*exchange, *session);
        sign_in_.End(*exchange, *session);
    }

    void Forward(std::shared_ptr<net::Exchange> exchange) {
        const auto session = SessionFor(*exchange);
        if (!session) return;
        auto credential = options_.credentials->Find(session->access_key_id);
        if (!credential) {
            sessions_.End(detail::CookieOf(exchange->Head()));
            return detail::AnswerProblem(*exchange, 401, "The access key is not active any more.");
        }
        auto forwarded = detail::ForwardedExchange::Make(
            exchange, kApiPath, *credential, options_.region, options_.clock->WallNow());
        if (!forwarded) return detail::AnswerProblem(*exchange, 404, forwarded.error().message);
        options_.gate(std::move(*forwarded));
    }

    const ConsoleOptions options_;
    SessionStore sessions_;
    detail::SignIn sign_in_;
};

}  // namespace

net::Handler MakeConsole(ConsoleOptions options) {
    auto console = std::make_shared<Console>(std::move(options));
    return [console = std::move(console)](std::shared_ptr<net::Exchange> exchange) {
        console->Handle(std::move(exchange));
    };
}

}  // namespace gyre::console
