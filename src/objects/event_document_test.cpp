#include "objects/event_document.h"

#include <doctest/doctest.h>

#include "core/temp_dir.h"
#include "objects/local_store.h"
#include "objects/test_body.h"

using namespace gyre;
using namespace gyre::objects;

namespace {

struct Sink final : EventSink {
    void OnEvent(const Event& event) override { events.push_back(event); }
    std::vector<Event> events;
};

EventSink::Event Created() {
    EventSink::Event event{"ObjectCreated:Put", {}};
    event.object.bucket = "bkt";
    event.object.key = "a b/\u00e9";
    event.object.size = 5;
    event.object.etag = "5d41";
    event.object.sequence = 255;
    event.principal = "arn:aws:iam::1:user/ann";
    event.source = "10.0.0.1";
    event.request_id = "request-1";
    return event;
}

const core::Json& At(const core::Json& json, const char* pointer) {
    return json.at_pointer(pointer);
}

}  // namespace

TEST_CASE("an event as topics and queues are told of it") {
    const auto told = EventDocument(Created(), {"arn:aws:sns:r:1:t", "id-1"}, "eu-west-1", "1");
    CHECK(At(told, "/Records/0/eventName") == "ObjectCreated:Put");
    CHECK(At(told, "/Records/0/eventSource") == "aws:s3");
    CHECK(At(told, "/Records/0/awsRegion") == "eu-west-1");
    CHECK(At(told, "/Records/0/userIdentity/principalId") == "arn:aws:iam::1:user/ann");
    CHECK(At(told, "/Records/0/requestParameters/sourceIPAddress") == "10.0.0.1");
    CHECK(At(told, "/Records/0/responseElements/x-amz-request-id") == "request-1");
    CHECK(At(told, "/Records/0/s3/configurationId") == "id-1");
    CHECK(At(told, "/Records/0/s3/bucket/arn") == "arn:aws:s3:::bkt");
    CHECK(At(told, "/Records/0/s3/object/key") == "a+b/%C3%A9");
    CHECK(At(told, "/Records/0/s3/object/size") == 5);
    CHECK(At(told, "/Records/0/s3/object/eTag") == "5d41");
    CHECK(At(told, "/Records/0/s3/object/sequencer") == "00000000000000FF");
    CHECK(At(told, "/Records/0/s3/object").as_object().contains("versionId") == false);

    auto removed = Created();
    removed.name = "ObjectRemoved:Delete";
    removed.object.version = "v1";
    const auto gone = EventDocument(removed, {"arn:aws:sns:r:1:t", "id-1"}, "eu-west-1", "1");
    CHECK(At(gone, "/Records/0/s3/object/versionId") == "v1");
    CHECK(At(gone, "/Records/0/s3/object").as_object().contains("size") == false);
}

TEST_CASE("an event as EventBridge is told of it") {
    const auto told = EventDocument(Created(), {}, "eu-west-1", "1");
    CHECK(At(told, "/detail-type") == "Object Created");
    CHECK(At(told, "/source") == "aws.s3");
    CHECK(At(told, "/detail/bucket/name") == "bkt");
    CHECK(At(told, "/detail/object/key") == "a b/\u00e9");
    CHECK(At(told, "/detail/object/etag") == "5d41");
}

TEST_CASE("the sink is told what the bucket's configuration asks for, in the order of changes") {
    const core::TempDir folder;
    core::FakeClock clock;
    Sink sink;
    const auto database = db::Database::Open(folder.Path() / "a.db").value();
    const auto store =
        OpenLocalStore(*database, core::RealFileSystem(), folder.Path() / "objects", clock, &sink)
            .value();
    REQUIRE(store->CreateBucket("bkt"));
    const auto put = [&](const std::string& key) {
        TextBody body("hello", 100);
        REQUIRE(store->PutObject("bkt", key, body, {.by = {"ann", "r", "10.0.0.1"}}));
    };
    put("a.jpg");
    CHECK(sink.events.empty());
    REQUIRE(store->SetSetting("bkt", SettingKind::kNotification,
                              R"({"TopicConfigurations": [{"Id": "one", "TopicArn": "arn:t",
                                  "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*",
                                             "s3:ObjectAcl:Put"],
                                  "Filter": {"Key": {"FilterRules":
                                      [{"Name": "suffix", "Value": ".jpg"}]}}}]})"));
    put("a.jpg");
    put("a.txt");
    REQUIRE(store->SetAcl({"bkt", "a.jpg", ""}, Acl::kPublicRead, {}));
    REQUIRE(store->SetTags({"bkt", "a.jpg", ""}, {{"a", "b"}}, {}));
    REQUIRE(store->CopyObject({.bucket = "bkt", .key = "a.jpg"}, "bkt", "b.jpg", {}));
    REQUIRE(store->Delete("bkt", "a.jpg"));
    REQUIRE(store->Delete("bkt", "none.jpg"));
    std::vector<std::string> names;
    int64_t last = 0;
    for (const auto& event : sink.events) {
        names.push_back(event.name);
        CHECK(event.destinations == std::vector<EventDestination>{{"arn:t", "one"}});
        CHECK(event.object.sequence > last);
        last = event.object.sequence;
    }
    CHECK(names == std::vector<std::string>{"ObjectCreated:Put", "ObjectAcl:Put",
                                            "ObjectCreated:Copy", "ObjectRemoved:Delete"});
    CHECK(sink.events.front().source == "10.0.0.1");
    CHECK(sink.events.front().object.etag == "5d41402abc4b2a76b9719d911017c592");
}
