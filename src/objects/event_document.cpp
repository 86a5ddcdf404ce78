#include "objects/event_document.h"

#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

#include "core/digest.h"
#include "net/http_message.h"

namespace gyre::objects {
namespace {

using core::Json;
using core::JsonArray;
using core::JsonObject;

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kDetailTypes = {
    {{"ObjectCreated:", "Object Created"},
     {"ObjectRemoved:", "Object Deleted"},
     {"ObjectTagging:Put", "Object Tags Added"},
     {"ObjectTagging:Delete", "Object Tags Deleted"},
     {"ObjectAcl:", "Object ACL Updated"}}};

std::string_view DetailTypeOf(std::string_view event) {
    for (const auto& [name, type] : kDetailTypes) {
        if (event.starts_with(name)) return type;
    }
    return event;
}

/// As a form has it: a space is a plus.
std::string FormEncoded(const std::string& key) {
    std::string encoded = net::PercentEncode(key, true);
    for (size_t at = encoded.find("%20"); at != std::string::npos; at = encoded.find("%20", at)) {
        encoded.replace(at, 3, "+");
    }
    return encoded;
}

/// What both forms say of the object, each with its own names.
JsonObject DescribeObject(const EventSink::Event& event, const std::string& key,
                          const char* etag_member, const char* version_member) {
    const ObjectInfo& info = event.object;
    JsonObject object{{"key", key}};
    if (!event.name.starts_with("ObjectRemoved:")) {
        object["size"] = info.size;
        object[etag_member] = info.etag;
    }
    if (!info.version.empty() && info.version != "null") object[version_member] = info.version;
    char sequencer[20];
    std::snprintf(sequencer, sizeof sequencer, "%016llX",
                  static_cast<unsigned long long>(info.sequence));
    object["sequencer"] = sequencer;
    return object;
}

JsonObject BridgeEvent(const EventSink::Event& event, const std::string& region,
                       const std::string& account) {
    const std::string reason = event.name.substr(event.name.find(':') + 1);
    JsonObject detail{{"version", "0"},
                      {"bucket", JsonObject{{"name", event.object.bucket}}},
                      {"object", DescribeObject(event, event.object.key, "etag", "version-id")},
                      {"request-id", event.request_id},
                      {"requester", account},
                      {"source-ip-address", event.source},
                      {"reason", reason}};
    return {{"version", "0"},
            {"id", core::RandomUuid()},
            {"detail-type", DetailTypeOf(event.name)},
            {"source", "aws.s3"},
            {"account", account},
            {"time", core::Iso8601(event.time)},
            {"region", region},
            {"resources", JsonArray{"arn:aws:s3:::" + event.object.bucket}},
            {"detail", std::move(detail)}};
}

}  // namespace

Json EventDocument(const EventSink::Event& event, const EventDestination& destination,
                   const std::string& region, const std::string& account) {
    if (destination.arn.empty()) return BridgeEvent(event, region, account);
    const std::string& bucket = event.object.bucket;
    JsonObject s3{
        {"s3SchemaVersion", "1.0"},
        {"configurationId", destination.configuration},
        {"bucket", JsonObject{{"name", bucket},
                              {"ownerIdentity", JsonObject{{"principalId", account}}},
                              {"arn", "arn:aws:s3:::" + bucket}}},
        {"object", DescribeObject(event, FormEncoded(event.object.key), "eTag", "versionId")}};
    JsonObject record{{"eventVersion", "2.1"},
                      {"eventSource", "aws:s3"},
                      {"awsRegion", region},
                      {"eventTime", core::Iso8601(event.time)},
                      {"eventName", event.name},
                      {"userIdentity", JsonObject{{"principalId", event.principal}}},
                      {"requestParameters", JsonObject{{"sourceIPAddress", event.source}}},
                      {"responseElements", JsonObject{{"x-amz-request-id", event.request_id}}},
                      {"s3", std::move(s3)}};
    return JsonObject{{"Records", JsonArray{std::move(record)}}};
}

}  // namespace gyre::objects
