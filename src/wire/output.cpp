#include <string>

#include "core/result.h"
#include "wire/detail/cbor_writer.h"
#include "wire/detail/rest_members.h"
#include "wire/detail/tables.h"
#include "wire/detail/xml_writer.h"
#include "wire/protocol.h"

namespace gyre::wire {
namespace {

constexpr std::string_view kXmlDeclaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

const Member* PayloadOf(const Shape& shape) {
    for (const Member& member : shape.members) {
        if (member.name == shape.payload) return &member;
    }
    return nullptr;
}

void WriteJsonBody(const Service& service, const Operation& operation, const core::Json& output,
                   net::Response& response) {
    response.headers.Set("Content-Type", service.protocol == Protocol::kJson10
                                             ? "application/x-amz-json-1.0"
                                             : "application/x-amz-json-1.1");
    if (!operation.output->members.empty()) response.body = core::JsonText(output);
}

void WriteRestJsonBody(const Operation& operation, const core::Json& output,
                       net::Response& response) {
    const Shape& shape = *operation.output;
    if (const Member* payload = PayloadOf(shape)) {
        const core::Json* value = core::JsonFind(output, payload->name);
        if (value == nullptr) return;
        response.body =
            value->is_string() ? std::string(value->as_string()) : core::JsonText(*value);
        return;
    }
    core::JsonObject body;
    for (const Member& member : shape.members) {
        if (member.location != Location::kBody) continue;
        if (const core::Json* value = core::JsonFind(output, member.name)) {
            body[member.wire_name] = *value;
        }
    }
    response.headers.Set("Content-Type", "application/json");
    response.body = core::JsonText(body);
}

bool HasBodyMembers(const Shape& shape) {
    for (const Member& member : shape.members) {
        if (member.location == Location::kBody) return true;
    }
    return false;
}

void WriteXmlBody(const Service& service, const Operation& operation, const core::Json& output,
                  net::Response& response) {
    const Shape& shape = *operation.output;
    const Member* payload = PayloadOf(shape);
    if (payload != nullptr && payload->shape->type != ShapeType::kStructure) {
        response.body = core::JsonString(output, payload->name).value_or("");
        return;
    }
    std::string_view root = payload != nullptr ? payload->wire_name : operation.output_root;
    if (!HasBodyMembers(shape)) return;
    response.headers.Set("Content-Type", "application/xml");
    std::string& body = response.body;
    body = kXmlDeclaration;
    // GetBucketLocation's answer is the one element of its only member.
    const bool bare = operation.name == "GetBucketLocation";
    if (bare) root = "LocationConstraint";
    body.append("<").append(root).append(" xmlns=\"").append(service.xml_namespace).append("\">");
    if (bare) {
        detail::AppendXmlText(body, core::JsonString(output, root).value_or(""));
    } else if (payload != nullptr) {
        const core::Json* value = core::JsonFind(output, payload->name);
        if (value != nullptr) detail::AppendXmlMembers(body, *payload->shape, *value);
    } else {
        detail::AppendXmlMembers(body, shape, output);
    }
    body.append("</").append(root).append(">");
}

void WriteQueryBody(const Service& service, const Operation& operation, const core::Json& output,
                    std::string_view request_id, net::Response& response) {
    response.headers.Set("Content-Type", "text/xml");
    std::string& body = response.body;
    body.append("<").append(operation.name).append("Response xmlns=\"");
    body.append(service.xml_namespace).append("\">");
    if (!operation.result_wrapper.empty()) {
        body.append("<").append(operation.result_wrapper).append(">");
        detail::AppendXmlMembers(body, *operation.output, output);
        body.append("</").append(operation.result_wrapper).append(">");
    }
    body.append("<ResponseMetadata>");
    detail::AppendXmlElement(body, "RequestId", request_id);
    body.append("</ResponseMetadata></").append(operation.name).append("Response>");
}

void SetRequestId(const Service& service, std::string_view request_id, net::Headers& headers) {
    headers.Set(service.protocol == Protocol::kRestXml ? "x-amz-request-id" : "x-amzn-RequestId",
                std::string(request_id));
}

Route ServedOperation(std::string_view service, std::string_view operation) {
    for (const Service& known : AllServices()) {
        if (known.name != service) continue;
        for (const Operation& candidate : known.operations->operations) {
            if (candidate.name != operation || candidate.output == nullptr) continue;
            Route route;
            route.service = &known;
            route.operation = &candidate;
            return route;
        }
    }
    core::CheckFailed("the operation is a served one", std::source_location::current());
}

}  // namespace

net::ResponseHead WriteOutputHead(const Route& route, const core::Json& output,
                                  std::string_view request_id) {
    net::ResponseHead head;
    head.status = route.operation->status;
    if (route.service->protocol == Protocol::kRestXml ||
        route.service->protocol == Protocol::kRestJson) {
        detail::WriteRestHeaders(*route.operation->output, output, head.headers);
    }
    SetRequestId(*route.service, request_id, head.headers);
    return head;
}

net::ResponseHead WriteOutputHead(std::string_view service, std::string_view operation,
                                  const core::Json& output, std::string_view request_id) {
    return WriteOutputHead(ServedOperation(service, operation), output, request_id);
}

net::Response WriteOutput(std::string_view service, std::string_view operation,
                          const core::Json& output, std::string_view request_id) {
    return WriteOutput(ServedOperation(service, operation), output, request_id);
}

net::Response WriteOutput(const Route& route, const core::Json& output,
                          std::string_view request_id) {
    net::ResponseHead head = WriteOutputHead(route, output, request_id);
    net::Response response{.status = head.status, .headers = std::move(head.headers), .body = {}};
    switch (route.service->protocol) {
        case Protocol::kJson10:
        case Protocol::kJson11:
            WriteJsonBody(*route.service, *route.operation, output, response);
            break;
        case Protocol::kRestJson:
            WriteRestJsonBody(*route.operation, output, response);
            break;
        case Protocol::kRestXml:
            WriteXmlBody(*route.service, *route.operation, output, response);
            break;
        case Protocol::kCbor:
            response.headers.Set("Content-Type", "application/cbor");
            response.headers.Set("smithy-protocol", "rpc-v2-cbor");
            detail::AppendCborShape(response.body, *route.operation->output, output);
            break;
        case Protocol::kQuery:
            WriteQueryBody(*route.service, *route.operation, output, request_id, response);
            break;
    }
    return response;
}

}  // namespace gyre::wire
