#include "objects/s3_door.h"

#include <memory>
#include <utility>

#include "net/with_headers.h"
#include "objects/detail/form_reader.h"
#include "objects/detail/form_upload.h"
#include "objects/detail/s3_errors.h"
#include "objects/local_store.h"
#include "wire/protocol.h"

namespace gyre::objects {
namespace {

std::string BucketOf(const net::RequestHead& head) {
    if (const auto named = wire::BucketOfHost(head); !named.empty()) return std::string(named);
    std::string_view path = head.path;
    if (path.starts_with('/')) path.remove_prefix(1);
    return net::PercentDecode(path.substr(0, path.find('/'))).value_or("");
}

/// Whether a bucket is all that the request names.
bool NamesBucketOnly(const net::RequestHead& head) {
    const std::string_view path = head.path;
    if (!wire::BucketOfHost(head).empty()) return path == "/";
    const size_t slash = path.find('/', 1);
    return path.size() > 1 && (slash == std::string_view::npos || slash + 1 == path.size());
}

core::Error NotAllowed(const char* message) {
    return detail::S3Error(core::Code::kPermissionDenied, 403, "AccessForbidden", message);
}

core::Result<net::Response> Preflight(const LocalStore& store, const net::RequestHead& head) {
    const auto origin = head.headers.Find("Origin");
    const auto method = head.headers.Find("Access-Control-Request-Method");
    if (!origin || !method) {
        return core::Fail(detail::S3Error(
            core::Code::kInvalidArgument, 400, "BadRequest",
            origin
                ? "Insufficient information. Access-Control-Request-Method request header needed."
                : "Insufficient information. Origin request header needed."));
    }
    const auto rules = store.Settings().CorsOf(BucketOf(head));
    if (!rules) {
        return core::Fail(NotAllowed("CORSResponse: CORS is not enabled for this bucket."));
    }
    auto headers =
        rules->Answer(*origin, *method, head.headers.Get("Access-Control-Request-Headers"), true);
    if (!headers) {
        return core::Fail(
            NotAllowed("CORSResponse: This CORS request is not allowed. This is usually because "
                       "the evaluation of Origin, request method / Access-Control-Request-Method "
                       "or Access-Control-Request-Headers are not whitelisted by the resource's "
                       "CORS spec."));
    }
    return net::Response{200, std::move(*headers), ""};
}

void AnswerPreflight(const LocalStore& store, net::Exchange& exchange) {
    const net::RequestHead& head = exchange.Head();
    auto answer = Preflight(store, head);
    if (!answer) {
        answer = wire::WriteError(*wire::FindService(head, "s3"), answer.error(), head.request_id,
                                  head.path);
    }
    answer->headers.Set("x-amz-request-id", head.request_id);
    exchange.Respond(std::move(*answer));
}

}  // namespace

net::Handler MakeS3Door(S3DoorOptions options, net::Handler next) {
    auto form = std::make_shared<const detail::FormUpload>(options);
    return [store = options.store, pool = options.pool, form = std::move(form),
            next = std::move(next)](std::shared_ptr<net::Exchange> exchange) {
        const net::RequestHead& head = exchange->Head();
        if (head.method == "OPTIONS") return AnswerPreflight(*store, *exchange);
        if (const auto origin = head.headers.Find("Origin")) {
            const auto rules = store->Settings().CorsOf(BucketOf(head));
            const auto method = head.headers.Find("Access-Control-Request-Method");
            auto headers = rules ? rules->Answer(*origin, method ? *method : head.method, "", false)
                                 : std::nullopt;
            if (headers) {
                exchange = net::WithHeaders(std::move(exchange), std::move(*headers));
            }
        }
        const net::RequestHead& seen = exchange->Head();
        if (seen.method == "POST" && !seen.headers.Find("Authorization") && NamesBucketOnly(seen) &&
            detail::BoundaryOf(seen.headers.Get("Content-Type"))) {
            if (!pool->TrySubmit([form, exchange] { form->Run(*exchange); })) {
                form->AnswerBusy(*exchange);
            }
            return;
        }
        next(std::move(exchange));
    };
}

}  // namespace gyre::objects
