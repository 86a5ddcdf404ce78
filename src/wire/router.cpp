#include <algorithm>
#include <optional>

#include "core/utf8.h"
#include "wire/aws_host.h"
#include "wire/detail/path_template.h"
#include "wire/detail/tables.h"
#include "wire/protocol.h"

namespace gyre::wire {
namespace {

using core::Result;

const Service* ServiceNamed(std::string_view name) {
    const auto services = AllServices();
    const auto found = std::ranges::find(services, name, &Service::name);
    return found == services.end() ? nullptr : &*found;
}

std::string_view TargetPrefix(const net::RequestHead& head) {
    const std::string_view target = head.headers.Get("X-Amz-Target");
    return target.substr(0, target.find('.'));
}

// The service's and the operation's names of "/service/GraniteServiceVersion20100801/operation/X",
// where the head says that it is rpc-v2-cbor; empty else.
std::pair<std::string_view, std::string_view> CborPath(const net::RequestHead& head) {
    constexpr std::string_view kService = "/service/";
    constexpr std::string_view kOperation = "/operation/";
    if (head.headers.Get("smithy-protocol") != "rpc-v2-cbor") return {};
    std::string_view path = head.path;
    const size_t service = path.find(kService);
    if (service == path.npos) return {};
    path.remove_prefix(service + kService.size());
    const size_t operation = path.find(kOperation);
    if (operation == path.npos) return {};
    return {path.substr(0, operation), path.substr(operation + kOperation.size())};
}

bool IsForm(const net::RequestHead& head) {
    return head.headers.Get("Content-Type").starts_with("application/x-www-form-urlencoded");
}

tl::unexpected<core::Error> Unknown(const Service& service, std::string_view operation) {
    core::Error error(core::Code::kNotFound, "The operation " + std::string(operation) +
                                                 " is not one of " + std::string(service.name) +
                                                 "'s");
    error.http_status = 404;
    switch (service.protocol) {
        case Protocol::kQuery:
            error.wire_name = "InvalidAction";
            error.http_status = 400;
            break;
        case Protocol::kRestXml:
            error.wire_name = "MethodNotAllowed";
            error.message = "The specified method is not allowed against this resource.";
            error.http_status = 405;
            break;
        default:
            error.wire_name = "UnknownOperationException";
            error.http_status = 400;
    }
    return core::Fail(std::move(error));
}

Result<Route> Take(const Service& service, const Operation& operation) {
    if (operation.input == nullptr) {
        core::Error error(core::Code::kUnimplemented, std::string(operation.name) + " of " +
                                                          std::string(service.name) +
                                                          " is not implemented here");
        error.http_status = 501;
        return core::Fail(std::move(error));
    }
    return Route{.service = &service,
                 .operation = &operation,
                 .operation_name = operation.name,
                 .path_members = {},
                 .stream_input = operation.input->streaming};
}

Result<Route> TakeNamed(const Service& service, std::string_view name) {
    for (const Operation& operation : service.operations->operations) {
        if (operation.name == name) return Take(service, operation);
    }
    return Unknown(service, name);
}

using Query = std::vector<std::pair<std::string, std::string>>;

// How many of the operation's query literals and headers are there; -1 when one is missing.
int MatchedMarks(const Operation& operation, const Query& query, const net::Headers& headers) {
    int marks = 0;
    std::string_view rest = operation.query;
    while (!rest.empty()) {
        const std::string_view literal = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(rest.size(), literal.size() + 1));
        const std::string_view name = literal.substr(0, literal.find('='));
        const std::string_view value =
            literal.size() > name.size() ? literal.substr(name.size() + 1) : std::string_view();
        const bool there = std::ranges::any_of(query, [&](const auto& pair) {
            return pair.first == name && (value.empty() || pair.second == value);
        });
        if (!there) return -1;
        ++marks;
    }
    if (!operation.header.empty()) {
        if (!headers.Find(operation.header)) return -1;
        ++marks;
    }
    return marks;
}

Result<Route> RouteRest(const Service& service, const net::RequestHead& head) {
    std::string path = head.path;
    if (service.protocol == Protocol::kRestXml) {
        if (const auto bucket = BucketOfHost(head); !bucket.empty()) {
            path = "/" + std::string(bucket) + path;
        }
    }
    const auto query = net::ParseQuery(head.query);
    if (!query) {
        return core::Fail(core::Code::kInvalidArgument, "InvalidURI",
                          "Couldn't parse the specified URI.");
    }
    const Operation* best = nullptr;
    int best_marks = -1;
    detail::PathValues best_values;
    for (const Operation& operation : service.operations->operations) {
        if (operation.method != head.method) continue;
        const int marks = MatchedMarks(operation, *query, head.headers);
        if (marks <= best_marks) continue;  // served ones stand first and win
        auto values = detail::MatchPath(operation.path, path);
        if (!values) continue;
        best = &operation;
        best_marks = marks;
        best_values = std::move(*values);
    }
    if (best == nullptr) return Unknown(service, head.method + " " + head.path);
    GYRE_ASSIGN(Route route, Take(service, *best));
    for (const auto& [label, value] : best_values) {
        auto decoded = net::PercentDecode(value);
        if (!decoded || !core::IsUtf8(*decoded)) {
            return core::Fail(core::Code::kInvalidArgument, "InvalidURI",
                              "Couldn't parse the specified URI.");
        }
        route.path_members[label] = *decoded;
    }
    return route;
}

Result<Route> RouteForm(const Service& service, const net::RequestHead& head,
                        std::string_view body) {
    for (const std::string_view text : {body, std::string_view(head.query)}) {
        const auto fields = net::ParseQuery(text);
        if (!fields) continue;
        for (const auto& [name, value] : *fields) {
            if (name == "Action") return TakeNamed(service, value);
        }
    }
    return core::Fail(core::Code::kInvalidArgument, "MissingAction",
                      "The request has no Action parameter.");
}

}  // namespace

std::string_view BucketOfHost(const net::RequestHead& head) {
    if (!head.subdomain.empty()) return head.subdomain;
    std::string_view host = head.headers.Get("Host");
    host = host.substr(0, host.find(':'));
    if (host.ends_with(".localhost")) return host.substr(0, host.size() - 10);
    const auto aws = ParseAwsHost(host);
    return aws && aws->service == "s3" ? aws->bucket : std::string_view();
}

const Service* FindService(const net::RequestHead& head, std::string_view signing_name) {
    const std::string_view target = TargetPrefix(head);
    if (!target.empty()) {
        for (const Service& service : AllServices()) {
            if (service.target_prefix == target) return &service;
        }
    }
    if (const std::string_view cbor = CborPath(head).first; !cbor.empty()) {
        for (const Service& service : AllServices()) {
            if (service.protocol == Protocol::kCbor && service.target_prefix == cbor) {
                return &service;
            }
        }
    }
    const bool invocation = head.path.starts_with("/endpoints/");
    const Service* s3 = ServiceNamed("s3");
    if (signing_name.empty()) {
        if (const auto aws = ParseAwsHost(head.headers.Get("Host"))) {
            if (const Service* named = ServiceNamed(aws->service)) return named;
        }
        if (invocation) return ServiceNamed("sagemaker-runtime");
        return IsForm(head) && head.method == "POST" && head.path == "/" ? ServiceNamed("sts") : s3;
    }
    const Service* found = nullptr;
    for (const Service& service : AllServices()) {
        if (service.signing_name != signing_name) continue;
        const bool form = service.protocol == Protocol::kQuery && IsForm(head);
        const bool rest = service.protocol == Protocol::kRestJson;
        // Of one service's protocols the first stands for a head that tells nothing.
        const bool same = found != nullptr && found->name == service.name;
        if (found == nullptr || form || (!same && rest == invocation)) found = &service;
    }
    return found != nullptr ? found : s3;
}

Result<Route> RouteRequest(const Service& service, const net::RequestHead& head,
                           std::string_view body) {
    switch (service.protocol) {
        case Protocol::kJson10:
        case Protocol::kJson11: {
            const std::string_view target = head.headers.Get("X-Amz-Target");
            const size_t dot = target.rfind('.');
            if (dot == std::string_view::npos) {
                return Unknown(service, target.empty() ? head.path : target);
            }
            return TakeNamed(service, target.substr(dot + 1));
        }
        case Protocol::kQuery:
            return RouteForm(service, head, body);
        case Protocol::kRestJson:
        case Protocol::kRestXml:
            return RouteRest(service, head);
        case Protocol::kCbor:
            return TakeNamed(service, CborPath(head).second);
    }
    return Unknown(service, head.path);
}

}  // namespace gyre::wire
