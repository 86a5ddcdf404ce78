#include "catalog/catalog.h"

#include <doctest/doctest.h>

#include <thread>

#include "core/guarded.h"
#include "db/database.h"
#include "db/test_databases.h"

using namespace gyre::catalog;
using gyre::core::Code;
using gyre::core::Fail;
using gyre::core::FakeClock;
using gyre::core::Json;
using gyre::core::JsonText;
using gyre::core::ParseJson;
using gyre::core::Status;

namespace {

struct House {
    gyre::db::TestDatabase kind;
    FakeClock clock;
    std::unique_ptr<gyre::db::Database> database;
    std::unique_ptr<Catalog> catalog;

    explicit House(gyre::db::TestDatabase of) : kind(std::move(of)) { Open(); }
    void Open() {
        catalog.reset();
        database = kind.open();
        catalog = OpenCatalog(*database, clock).value();
    }
};

void OverEach(const std::function<void(House&)>& test) {
    for (gyre::db::TestDatabase& kind : gyre::db::EachDatabase()) {
        CAPTURE(kind.kind);
        House house(std::move(kind));
        test(house);
    }
}

Resource Endpoint(const std::string& name, const std::string& status = "Creating") {
    Resource resource;
    resource.kind = "sagemaker.endpoint";
    resource.name = name;
    resource.arn = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/" + name;
    resource.document = {{"EndpointName", name}, {"EndpointConfigName", "config"}};
    resource.status = {{"EndpointStatus", status}, {"_step", 3}};
    return resource;
}

const Kind kEndpoint = "sagemaker.endpoint";

}  // namespace

TEST_CASE("a resource keeps its document word for word through changes and a restart") {
    OverEach([](House& house) {
        Resource made = Endpoint("e");
        made.document =
            ParseJson(R"({"z":1.5,"a":{"é":[true,null,1e300,9007199254740993]}})").value();
        const auto created = house.catalog->Create(made, {{"team", "vision"}});
        REQUIRE(created);
        CHECK(created->version == 1);
        CHECK(created->created == house.clock.WallNow());
        house.clock.Advance(std::chrono::seconds(5));
        const auto updated =
            house.catalog->Update(kEndpoint, "e", [](Resource& resource) -> Status {
                resource.status.as_object()["EndpointStatus"] = "InService";
                return {};
            });
        REQUIRE(updated);
        house.Open();
        const auto found = house.catalog->Get(kEndpoint, "e");
        REQUIRE(found);
        CHECK(JsonText(found->document) == JsonText(made.document));
        CHECK(JsonText(found->status) == R"({"EndpointStatus":"InService","_step":3})");
        CHECK(found->version == 2);
        CHECK(found->modified - found->created == std::chrono::seconds(5));
        CHECK(house.catalog->GetByArn(made.arn)->name == "e");
        CHECK(house.catalog->GetTags(made.arn) == Tags{{"team", "vision"}});
    });
}

TEST_CASE("names are taken once, and what is absent is said to be") {
    OverEach([](House& house) {
        REQUIRE(house.catalog->Create(Endpoint("e"), {}));
        CHECK(house.catalog->Create(Endpoint("e"), {}).error().code == Code::kAlreadyExists);
        Resource same_arn = Endpoint("f");
        same_arn.arn = Endpoint("e").arn;
        CHECK(house.catalog->Create(same_arn, {}).error().code == Code::kAlreadyExists);
        Resource other_kind = Endpoint("e");
        other_kind.kind = "sagemaker.model";
        other_kind.arn.clear();
        CHECK(house.catalog->Create(other_kind, {}));
        CHECK(house.catalog->Get("sagemaker.model", "e")->arn.empty());

        const auto nothing = [](Resource&) -> Status { return {}; };
        CHECK(house.catalog->Get(kEndpoint, "E").error().code == Code::kNotFound);
        CHECK(house.catalog->Update(kEndpoint, "x", nothing).error().code == Code::kNotFound);
        CHECK(house.catalog->Delete(kEndpoint, "x").error().code == Code::kNotFound);
        CHECK(house.catalog->GetByArn("arn:x").error().code == Code::kNotFound);
        CHECK(house.catalog->GetTags("arn:x").error().code == Code::kNotFound);
        CHECK(house.catalog->ChangeTags("arn:x", {{"a", "b"}}, {}).error().code == Code::kNotFound);
        CHECK(house.catalog->GetByArn("").error().code == Code::kNotFound);
    });
}

TEST_CASE("tags change in one step and go with their resource") {
    OverEach([](House& house) {
        const std::string arn = Endpoint("e").arn;
        REQUIRE(house.catalog->Create(Endpoint("e"), {{"a", "1"}, {"b", "2"}}));
        REQUIRE(house.catalog->ChangeTags(arn, {{"b", "3"}, {"c", ""}}, {"a", "none"}));
        CHECK(house.catalog->GetTags(arn) == Tags{{"b", "3"}, {"c", ""}});
        REQUIRE(house.catalog->Delete(kEndpoint, "e"));
        REQUIRE(house.catalog->Create(Endpoint("e"), {}));
        CHECK(house.catalog->GetTags(arn)->empty());
    });
}

TEST_CASE("an update that fails or alters nothing leaves no trace") {
    OverEach([](House& house) {
        REQUIRE(house.catalog->Create(Endpoint("e"), {}));
        int told = 0;
        const auto handle = house.catalog->Subscribe([&](const Change&) { ++told; });
        const auto refused =
            house.catalog->Update(kEndpoint, "e", [](Resource& resource) -> Status {
                resource.status = "changed";
                return Fail(Code::kFailedPrecondition, "not now");
            });
        CHECK(refused.error().message == "not now");
        const auto same = house.catalog->Update(kEndpoint, "e", [](Resource& resource) -> Status {
            resource.status.as_object()["EndpointStatus"] = "Creating";
            return {};
        });
        CHECK(same->version == 1);
        CHECK(told == 0);
        CHECK(house.catalog->Get(kEndpoint, "e")->version == 1);
    });
}

TEST_CASE("subscribers hear of each committed change until their handle goes") {
    OverEach([](House& house) {
        std::vector<std::string> heard;
        int64_t last = 0;
        auto handle = house.catalog->Subscribe([&](const Change& change) {
            CHECK(change.sequence > last);
            last = change.sequence;
            const char* what = change.what == Change::What::kCreated   ? "+"
                               : change.what == Change::What::kUpdated ? "~"
                                                                       : "-";
            // It is committed by then: a listener may read.
            const bool there = house.catalog->Get(change.kind, change.name).has_value();
            CHECK(there == (change.what != Change::What::kDeleted));
            heard.push_back(what + change.name);
        });
        REQUIRE(house.catalog->Create(Endpoint("e"), {}));
        CHECK_FALSE(house.catalog->Create(Endpoint("e"), {}));
        REQUIRE(house.catalog->Update(kEndpoint, "e", [](Resource& resource) -> Status {
            resource.status = gyre::core::JsonObject();
            return {};
        }));
        REQUIRE(house.catalog->Delete(kEndpoint, "e"));
        CHECK(heard == std::vector<std::string>{"+e", "~e", "-e"});
        handle.reset();
        REQUIRE(house.catalog->Create(Endpoint("e"), {}));
        CHECK(heard.size() == 3);
    });
}

TEST_CASE("updates by many threads are all counted") {
    OverEach([](House& house) {
        Resource counter = Endpoint("e");
        counter.status = {{"count", 0}};
        REQUIRE(house.catalog->Create(counter, {}));
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&] {
                for (int i = 0; i < 25; ++i) {
                    const auto updated =
                        house.catalog->Update(kEndpoint, "e", [](Resource& resource) -> Status {
                            auto& count = resource.status.as_object()["count"];
                            count = count.as_int64() + 1;
                            return {};
                        });
                    if (!updated) std::abort();
                }
            });
        }
        for (std::thread& thread : threads) thread.join();
        const auto found = house.catalog->Get(kEndpoint, "e");
        CHECK(found->status.at("count") == 100);
        CHECK(found->version == 101);
    });
}

TEST_CASE("subscribers hear of what another program changed, and of all when some may be missed") {
    for (const gyre::db::TestDatabase& kind : gyre::db::NewPostgres()) {
        House one(kind);
        House two(kind);
        gyre::core::Guarded<std::vector<std::string>> heard;
        const auto handle = two.catalog->Subscribe([&](const Change& change) {
            heard.Lock()->push_back(std::to_string(static_cast<int>(change.what)) + change.name);
            heard.NotifyAll();
        });
        const auto hears = [&](const std::string& change) {
            auto locked = heard.Lock();
            return locked.WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(20),
                                    [&] { return !locked->empty() && locked->back() == change; });
        };
        REQUIRE(one.catalog->Create(Endpoint("e"), {}));
        CHECK(hears("0e"));
        CHECK(two.catalog->Get(kEndpoint, "e"));
        REQUIRE(one.catalog->Update(kEndpoint, "e", [](Resource& resource) -> Status {
            resource.status = gyre::core::JsonObject();
            return {};
        }));
        CHECK(hears("1e"));
        REQUIRE(one.catalog->Create(Endpoint("f"), {}));
        CHECK(hears("0f"));
        REQUIRE(one.catalog->Delete(kEndpoint, "f"));
        CHECK(hears("2f"));
        gyre::db::CutConnections(kind);
        CHECK(hears("1e"));
    }
}

TEST_CASE("a description is the document under the status, and never null") {
    Resource resource;
    resource.document = ParseJson(R"({"A":1,"B":{"x":1},"C":3})").value();
    resource.status = ParseJson(R"({"B":{"y":2},"C":null,"D":4,"_secret":5})").value();
    CHECK(Describe(resource) == ParseJson(R"({"A":1,"B":{"y":2},"D":4})").value());
    CHECK(Describe(Resource{}) == ParseJson("{}").value());
}
