// What a call costs with few and with a hundred thousand resources: it should be the same.
#include <benchmark/benchmark.h>

#include <map>

#include "catalog/catalog.h"
#include "core/temp_dir.h"
#include "db/database.h"

using namespace gyre::catalog;
using gyre::core::Status;

namespace {

const Kind kThing = "test.thing";

Resource Thing(int64_t number) {
    Resource resource;
    resource.kind = kThing;
    resource.name = "thing-" + std::to_string(number * 7919 % 1'000'003);
    resource.arn = "arn:aws:test:::thing/" + resource.name;
    resource.document = {{"Name", resource.name}, {"Text", std::string(600, 'x')}};
    resource.status = {{"ThingStatus", number % 1000 == 0 ? "Failed" : "Ready"}};
    return resource;
}

struct House {
    gyre::core::TempDir folder;
    std::unique_ptr<gyre::db::Database> database;
    std::unique_ptr<Catalog> catalog;
    int64_t next = 0;

    explicit House(int64_t size)
        : database(gyre::db::Database::Open(folder.Path() / "gyre.db").value()),
          catalog(OpenCatalog(*database, gyre::core::SystemClock()).value()) {
        while (next < size) Add();
    }
    void Add() { GYRE_CHECK(catalog->Create(Thing(next++), {}).has_value()); }
};

House& HouseOf(int64_t size) {
    static std::map<int64_t, std::unique_ptr<House>> houses;
    auto& house = houses[size];
    if (!house) house = std::make_unique<House>(size);
    return *house;
}

void Create(benchmark::State& state) {
    House& house = HouseOf(state.range(0));
    for (auto _ : state) house.Add();
}

void Update(benchmark::State& state) {
    House& house = HouseOf(state.range(0));
    int64_t number = 0;
    for (auto _ : state) {
        const std::string name = Thing(number++ % state.range(0)).name;
        GYRE_CHECK(house.catalog
                       ->Update(kThing, name,
                                [&](Resource& resource) -> Status {
                                    resource.status.as_object()["count"] = resource.version;
                                    return {};
                                })
                       .has_value());
    }
}

void Get(benchmark::State& state) {
    House& house = HouseOf(state.range(0));
    int64_t number = 0;
    for (auto _ : state) {
        GYRE_CHECK(house.catalog->Get(kThing, Thing(number++ % state.range(0)).name).has_value());
    }
}

void ListPages(benchmark::State& state, ListQuery query) {
    House& house = HouseOf(state.range(0));
    query.kind = kThing;
    query.limit = 10;
    for (auto _ : state) {
        const auto page = house.catalog->List(query);
        GYRE_CHECK(page.has_value());
        query.page_token = page->next_token;
    }
}

BENCHMARK(Create)->Arg(100)->Arg(100'000)->UseRealTime();
BENCHMARK(Update)->Arg(100)->Arg(100'000)->UseRealTime();
BENCHMARK(Get)->Arg(100)->Arg(100'000)->UseRealTime();
BENCHMARK_CAPTURE(ListPages, newest, ListQuery{})->Arg(100)->Arg(100'000)->UseRealTime();
BENCHMARK_CAPTURE(ListPages, by_name, ListQuery{.sort_by = ListQuery::SortBy::kName})
    ->Arg(100)
    ->Arg(100'000)
    ->UseRealTime();
BENCHMARK_CAPTURE(ListPages, failed,
                  ListQuery{.status_member = "ThingStatus", .status_equals = "Failed"})
    ->Arg(100)
    ->Arg(100'000)
    ->UseRealTime();

}  // namespace
