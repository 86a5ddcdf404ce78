#include "wire/cbor.h"

#include <doctest/doctest.h>

#include "core/digest.h"
#include "wire/protocol.h"

using namespace gyre;
using namespace gyre::wire;

namespace {

std::string Bytes(const char* hex) {
    return core::HexDecode(hex).value();
}

net::RequestHead CborHead(const std::string& operation) {
    net::RequestHead head;
    head.method = "POST";
    head.path = head.target = "/service/GraniteServiceVersion20100801/operation/" + operation;
    head.headers.Add("smithy-protocol", "rpc-v2-cbor");
    head.headers.Add("content-type", "application/cbor");
    return head;
}

}  // namespace

TEST_CASE("CBOR as RFC 8949's examples have it") {
    struct Row {
        const char* hex;
        const char* json;
    };
    for (const Row& row : {Row{"00", "0"},
                           Row{"1819", "25"},
                           Row{"1903e8", "1000"},
                           Row{"1b000000e8d4a51000", "1000000000000"},
                           Row{"20", "-1"},
                           Row{"3903e7", "-1000"},
                           Row{"f93c00", "1.0"},
                           Row{"f90001", "5.960464477539063e-08"},
                           Row{"fb3ff199999999999a", "1.1"},
                           Row{"fa47c35000", "100000.0"},
                           Row{"f4", "false"},
                           Row{"f5", "true"},
                           Row{"f6", "null"},
                           Row{"f7", "null"},
                           Row{"4401020304", "\"AQIDBA==\""},
                           Row{"6449455446", "\"IETF\""},
                           Row{"83010203", "[1,2,3]"},
                           Row{"9f018202039f0405ffff", "[1,[2,3],[4,5]]"},
                           Row{"a26161016162820203", R"({"a":1,"b":[2,3]})"},
                           Row{"bf61610161629f0203ffff", R"({"a":1,"b":[2,3]})"},
                           Row{"7f657374726561646d696e67ff", "\"streaming\""},
                           Row{"c11a514b67b0", "1363896240"}}) {
        CAPTURE(row.hex);
        const auto read = ReadCbor(Bytes(row.hex));
        REQUIRE(read);
        CHECK(*read == *core::ParseJson(row.json));
        std::string again;
        AppendCborJson(again, *read);
        CHECK(ReadCbor(again) == *read);
    }
}

TEST_CASE("broken CBOR is refused") {
    for (const char* hex : {"",
                            "18",
                            "1c",
                            "1f",
                            "5f",
                            "5f6161ff",
                            "62",
                            "6261",
                            "8201",
                            "9f01",
                            "a101",
                            "a1616",
                            "c0",
                            "c2420102",
                            "e0",
                            "f818",
                            "3bffffffffffffffff",
                            "0000",
                            "ff",
                            "61ff",      // no UTF-8
                            "a161ff01",  // nor as a key
                            "9bffffffffffffffff"}) {
        const auto bytes = core::HexDecode(hex);
        if (!bytes) continue;
        CAPTURE(hex);
        const auto read = ReadCbor(*bytes);
        REQUIRE_FALSE(read);
        CHECK(read.error().wire_name == "SerializationException");
    }
    CHECK_FALSE(ReadCbor(std::string(100'000, '\x81')));
}

TEST_CASE("a service of three protocols is told apart by the request's head") {
    const Service* cbor = FindService(CborHead("ListMetrics"), "monitoring");
    CHECK(cbor->protocol == Protocol::kCbor);
    net::RequestHead json;
    json.method = "POST";
    json.path = json.target = "/";
    json.headers.Add("X-Amz-Target", "GraniteServiceVersion20100801.ListMetrics");
    CHECK(FindService(json, "monitoring")->protocol == Protocol::kJson10);
    net::RequestHead form;
    form.method = "POST";
    form.path = form.target = "/";
    form.headers.Add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    const Service* query = FindService(form, "monitoring");
    CHECK(query->name == "cloudwatch");
    CHECK(query->protocol == Protocol::kQuery);
    CHECK(FindService(form, "iam")->name == "iam");
    const auto route = RouteRequest(*query, form, "Action=ListMetrics&Version=2010-08-01");
    REQUIRE(route);
    CHECK(route->operation_name == "ListMetrics");
    CHECK(RouteRequest(*cbor, CborHead("PutDashboard"), "").error().http_status == 501);
}

TEST_CASE("CBOR in and out by the model's shapes") {
    const net::RequestHead head = CborHead("GetMetricStatistics");
    const auto route = RouteRequest(*FindService(head, "monitoring"), head, "");
    REQUIRE(route);
    std::string body;
    AppendCborHead(body, 5, 6);
    AppendCborText(body, "Namespace");
    AppendCborText(body, "App");
    AppendCborText(body, "MetricName");
    AppendCborText(body, "m");
    AppendCborText(body, "StartTime");
    body += '\xC1';
    AppendCborDouble(body, 1000.5);
    AppendCborText(body, "EndTime");
    body += '\xC1';
    AppendCborHead(body, 0, 2000);
    AppendCborText(body, "Period");
    AppendCborHead(body, 0, 60);
    AppendCborText(body, "Statistics");
    AppendCborHead(body, 4, 1);
    AppendCborText(body, "Sum");
    const auto input = ParseInput(*route, head, body);
    REQUIRE_MESSAGE(input, input.error().message);
    CHECK(core::JsonDouble(*input, "StartTime") == 1000.5);
    CHECK(core::JsonInt(*input, "Period") == 60);
    CHECK_FALSE(ParseInput(*route, head, body.substr(0, 20)));
    CHECK(ParseInput(*route, head, "\xA0").error().message.find("namespace") != std::string::npos);

    const core::JsonObject output{
        {"Label", "m"},
        {"Datapoints", core::JsonArray{core::JsonObject{{"Timestamp", 960}, {"Sum", 3}}}}};
    const auto answer = WriteOutput(*route, output, "id");
    CHECK(answer.headers.Get("smithy-protocol") == "rpc-v2-cbor");
    CHECK(answer.body.find("iTimestamp\xC1\xFB") != std::string::npos);
    const auto read = ReadCbor(answer.body);
    REQUIRE(read);
    CHECK(core::JsonText(*core::JsonFind(*read, "Label")) == "\"m\"");

    core::Error error(core::Code::kInvalidArgument, "InvalidParameterValue", "no");
    const auto refused = WriteError(*route->service, error, "id", "/");
    CHECK(refused.status == 400);
    CHECK(refused.headers.Get("x-amzn-query-error") == "InvalidParameterValue;Sender");
    CHECK(core::JsonString(*ReadCbor(refused.body), "__type") == "InvalidParameterValueException");
}
