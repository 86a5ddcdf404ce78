#include "serving/multi_model/model_shelf.h"

#include <doctest/doctest.h>

using namespace gyre;
using namespace gyre::serving::multi_model;

namespace {

using Names = std::vector<std::string>;

core::SteadyTime At(int seconds) {
    return core::SteadyTime(core::seconds(1000 + seconds));
}

TEST_CASE("what is asked for is wanted, and somebody is told once") {
    int told = 0;
    ModelShelf shelf([&] { told++; });
    CHECK(shelf.Use("v", "a", false, At(0)).empty());
    CHECK(shelf.Use("v", "a", true, At(1)).empty());
    CHECK(told == 1);
    CHECK(shelf.Wanted("v") == Names{"a"});
    CHECK(shelf.Wanted("w").empty());
    const auto counts = shelf.TakeCounts("v");
    CHECK(counts.asked == 2);
    CHECK(counts.hits == 1);
    CHECK(shelf.TakeCounts("v").asked == 0);
    shelf.Keep({"w"});
    CHECK(shelf.Wanted("v").empty());
}

TEST_CASE("a model that cannot be loaded is told of, and tried again later") {
    ModelShelf shelf([] {});
    CHECK(shelf.Use("v", "a", false, At(0)).empty());
    shelf.Failed("v", "a", "no such object", At(0));
    CHECK(shelf.Wanted("v").empty());
    CHECK(shelf.Use("v", "a", false, At(9)) == "no such object");
    CHECK(shelf.Use("v", "a", false, At(10)).empty());
    CHECK(shelf.Wanted("v") == Names{"a"});
}

TEST_CASE("the least recently used goes, by number and by memory") {
    const auto shelf_of = [](ModelShelf& shelf) {
        for (int i = 0; i < 4; i++) {
            static_cast<void>(
                shelf.Use("v", std::string(1, static_cast<char>('a' + i)), false, At(i)));
        }
        static_cast<void>(shelf.Use("v", "a", true, At(9)));  // b, c, d, a
    };
    const std::map<std::string, ModelShelf::Loaded> all{
        {"a", {100}}, {"b", {100}}, {"c", {100}}, {"d", {100}}};
    struct Case {
        ShelfLimits limits;
        std::map<std::string, ModelShelf::Loaded> loaded;
        Names left;
    };
    auto busy = all;
    busy["b"].busy = true;
    auto loading = all;
    loading.erase("a");
    const Case cases[] = {
        {{.models = 4, .bytes = 400}, all, {"a", "b", "c", "d"}},
        {{.models = 2}, all, {"a", "d"}},
        {{.models = 9, .bytes = 250}, all, {"a", "d"}},
        {{.models = 2}, busy, {"a", "b"}},
        {{.models = 9, .bytes = 350}, loading, {"a", "c", "d"}},
        {{.models = 9, .bytes = 10}, all, {"a"}},
        // Of all only "a" was found loaded: the others' askers are on their way.
        {{.models = 9, .keep = false}, all, {"b", "c", "d"}},
        {{.models = 2, .keep = false}, all, {"d"}},
        {{.models = 9, .keep = false}, loading, {"a", "b", "c", "d"}},
    };
    for (const Case& one : cases) {
        ModelShelf shelf([] {});
        shelf_of(shelf);
        CHECK(shelf.Trim("v", one.limits, one.loaded) == (one.left.size() < 4));
        CHECK(shelf.Wanted("v") == one.left);
    }
}

}  // namespace
