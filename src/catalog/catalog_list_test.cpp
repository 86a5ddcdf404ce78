#include <doctest/doctest.h>

#include <set>

#include "catalog/catalog.h"
#include "core/digest.h"
#include "db/database.h"
#include "db/test_databases.h"

using namespace gyre::catalog;
using gyre::core::Code;
using gyre::core::FakeClock;
using gyre::core::Status;
using SortBy = ListQuery::SortBy;
using Names = std::vector<std::string>;

namespace {

const Kind kThing = "test.thing";

struct House {
    explicit House(const gyre::db::TestDatabase& kind) : database(kind.open()) {}
    FakeClock clock;
    std::unique_ptr<gyre::db::Database> database;
    std::unique_ptr<Catalog> catalog = OpenCatalog(*database, clock).value();

    void Make(const std::string& name, const std::string& status = "Ready") {
        Resource resource;
        resource.kind = kThing;
        resource.name = name;
        resource.status = {{"ThingStatus", status}};
        REQUIRE(catalog->Create(resource, {}));
    }
    void SetStatus(const std::string& name, const std::string& status) {
        REQUIRE(catalog->Update(kThing, name, [&](Resource& resource) -> Status {
            resource.status.as_object()["ThingStatus"] = status;
            return {};
        }));
    }
    void Wait(int seconds) { clock.Advance(std::chrono::seconds(seconds)); }
    Names List(const ListQuery& query, std::string* next = nullptr) const {
        const auto page = catalog->List(query);
        REQUIRE_MESSAGE(page, page.error().ToString());
        Names names;
        for (const Resource& resource : page->resources) names.push_back(resource.name);
        if (next) *next = page->next_token;
        return names;
    }
};

void OverEach(const std::function<void(House&)>& test) {
    for (const gyre::db::TestDatabase& kind : gyre::db::EachDatabase()) {
        CAPTURE(kind.kind);
        House house(kind);
        test(house);
    }
}

}  // namespace

TEST_CASE("lists filter and sort as asked") {
    OverEach([](House& house) {
        const auto start = house.clock.WallNow();
        for (const char* name : {"cat-1", "dog", "cat-2", "Bird", "cat%"}) {
            house.Make(name, std::string_view(name) == "dog" ? "Failed" : "Ready");
            house.Wait(1);
        }
        house.SetStatus("cat-1", "Failed");
        const auto at = [&](int seconds) { return start + std::chrono::seconds(seconds); };

        struct Case {
            const char* what;
            ListQuery query;
            Names names;
        };
        const Case cases[] = {
            {"newest first", {}, {"cat%", "Bird", "cat-2", "dog", "cat-1"}},
            {"oldest first", {.descending = false}, {"cat-1", "dog", "cat-2", "Bird", "cat%"}},
            {"name",
             {.sort_by = SortBy::kName, .descending = false},
             {"Bird", "cat%", "cat-1", "cat-2", "dog"}},
            {"modified", {.sort_by = SortBy::kModified, .limit = 2}, {"cat-1", "cat%"}},
            {"contains", {.name_contains = "t-"}, {"cat-2", "cat-1"}},
            {"contains a wildcard", {.name_contains = "%"}, {"cat%"}},
            {"contains with case", {.name_contains = "bird"}, {}},
            {"prefix", {.name_prefix = "cat"}, {"cat%", "cat-2", "cat-1"}},
            {"created after", {.created_after = at(2)}, {"cat%", "Bird"}},
            {"created before", {.created_before = at(1)}, {"cat-1"}},
            {"modified after", {.modified_after = at(4)}, {"cat-1"}},
            {"modified before", {.modified_before = at(2)}, {"dog"}},
            {"status",
             {.status_member = "ThingStatus", .status_equals = "Failed"},
             {"dog", "cat-1"}},
            {"status by name",
             {.status_member = "ThingStatus", .status_equals = "Ready", .sort_by = SortBy::kName},
             {"cat-2", "cat%", "Bird"}},
            {"status by change",
             {.status_member = "ThingStatus",
              .status_equals = "Failed",
              .sort_by = SortBy::kModified},
             {"cat-1", "dog"}},
            {"sorted by status",
             {.status_member = "ThingStatus", .sort_by = SortBy::kStatus, .descending = false},
             {"cat-1", "dog", "Bird", "cat%", "cat-2"}},
            {"sorted by status, of some",
             {.name_prefix = "cat", .status_member = "ThingStatus", .sort_by = SortBy::kStatus},
             {"cat-2", "cat%", "cat-1"}},
            {"all at once",
             {.name_contains = "1",
              .name_prefix = "c",
              .created_before = at(1),
              .status_member = "ThingStatus",
              .status_equals = "Failed"},
             {"cat-1"}},
            {"status of none", {.status_member = "OtherStatus", .status_equals = "Failed"}, {}},
        };
        for (const Case& c : cases) {
            CAPTURE(c.what);
            ListQuery query = c.query;
            query.kind = kThing;
            CHECK(house.List(query) == c.names);
        }
        CHECK(house.List({.kind = "test.other"}).empty());
    });
}

TEST_CASE("pages neither repeat nor miss while others come and go") {
    for (const SortBy sort_by :
         {SortBy::kName, SortBy::kCreated, SortBy::kModified, SortBy::kStatus}) {
        for (const bool descending : {false, true}) {
            for (const bool by_status : {false, true}) {
                OverEach([&](House& house) {
                    std::multiset<std::string> expected;
                    for (int i = 0; i < 40; ++i) {
                        const std::string name = "n" + std::to_string(i * 37 % 40);
                        house.Make(name, !by_status && i % 3 == 0 ? "Failed" : "Ready");
                        expected.insert(name);
                        if (i % 4 == 0) house.Wait(1);  // groups of equal times
                    }
                    ListQuery query{
                        .kind = kThing, .sort_by = sort_by, .descending = descending, .limit = 7};
                    query.status_member = "ThingStatus";
                    if (by_status) query.status_equals = "Ready";
                    std::multiset<std::string> seen;
                    int round = 0;
                    do {
                        const Names names = house.List(query, &query.page_token);
                        seen.insert(names.begin(), names.end());
                        // The last one seen goes, and others come before and after it.
                        if (!query.page_token.empty()) {
                            REQUIRE(house.catalog->Delete(kThing, names.back()));
                            house.Make("a" + std::to_string(round));
                            house.Make("z" + std::to_string(round));
                        }
                        REQUIRE(++round < 30);
                    } while (!query.page_token.empty());
                    std::erase_if(seen, [](const std::string& name) { return name[0] != 'n'; });
                    CHECK(seen == expected);
                });
            }
        }
    }
}

TEST_CASE("a page token of another list is refused") {
    OverEach([](House& house) {
        house.Make("a");
        house.Make("b");
        ListQuery query{.kind = kThing, .limit = 1};
        std::string token;
        CHECK(house.List(query, &token) == Names{"b"});
        query.page_token = token;
        std::string next;
        CHECK(house.List(query, &next) == Names{"a"});
        CHECK(next.empty());

        const auto refused = [&](ListQuery other) {
            return house.catalog->List(other).error().code == Code::kInvalidArgument;
        };
        CHECK(refused({.kind = "test.other", .page_token = token}));
        CHECK(refused({.kind = kThing, .sort_by = SortBy::kName, .page_token = token}));
        CHECK(refused({.kind = kThing, .descending = false, .page_token = token}));
        for (const char* text : {"nonsense!", "bm9uc2Vuc2U=", "W10="}) {
            CHECK(refused({.kind = kThing, .page_token = text}));
        }
        CHECK(refused(
            {.kind = kThing,
             .page_token = gyre::core::Base64Encode(R"(["1","test.thing",1,true,"x",1])")}));
        CHECK(refused(
            {.kind = kThing,
             .status_member = "ThingStatus",
             .sort_by = SortBy::kStatus,
             .page_token = gyre::core::Base64Encode(R"(["1","test.thing",3,true,1,"x"])")}));
        CHECK(refused({.kind = kThing, .sort_by = SortBy::kStatus}));
        CHECK(refused({.kind = kThing, .status_member = "Colour", .status_equals = "red"}));
        CHECK(refused({.kind = kThing, .limit = 0}));
    });
}
