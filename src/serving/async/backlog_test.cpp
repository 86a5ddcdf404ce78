#include "serving/async/backlog.h"

#include <doctest/doctest.h>

using namespace gyre;
using namespace gyre::serving::async;

namespace {

core::WallTime At(int seconds) {
    return core::WallTime(core::seconds(seconds));
}

Ticket Of(int64_t number, const std::string& endpoint = "e") {
    return {.number = number, .endpoint = endpoint, .accepted = At(0), .expires = At(60)};
}

std::vector<int64_t> Numbers(const std::vector<Ticket>& tickets) {
    std::vector<int64_t> numbers;
    for (const Ticket& ticket : tickets) numbers.push_back(ticket.number);
    return numbers;
}

TEST_CASE("the oldest go first, as many as there is room for") {
    Backlog backlog;
    for (const int64_t number : {3, 1, 2}) backlog.Add(Of(number));
    CHECK(backlog.Take("e", 0).empty());
    CHECK(backlog.Take("other", 5).empty());
    CHECK(Numbers(backlog.Take("e", 2)) == std::vector<int64_t>{1, 2});
    CHECK(backlog.Take("e", 2).empty());
    backlog.Finish(Of(1));
    CHECK(Numbers(backlog.Take("e", 2)) == std::vector<int64_t>{3});
    backlog.Finish(Of(2));
    backlog.Finish(Of(3));
    CHECK(backlog.Sizes().empty());
}

TEST_CASE("what goes back is the first again, and lost hosts are counted") {
    Backlog backlog;
    for (const int64_t number : {1, 2}) backlog.Add(Of(number));
    CHECK(Numbers(backlog.Take("e", 1)) == std::vector<int64_t>{1});
    CHECK(backlog.GoesBack(Of(1), false, 2));
    CHECK(Numbers(backlog.Take("e", 1)) == std::vector<int64_t>{1});
    CHECK(backlog.GoesBack(Of(1), true, 2));
    CHECK(Numbers(backlog.Take("e", 1)) == std::vector<int64_t>{1});
    CHECK_FALSE(backlog.GoesBack(Of(1), true, 2));
    backlog.Finish(Of(1));
    CHECK(backlog.Sizes().at("e").waiting == 1);
}

TEST_CASE("what its host went away under is at work alone") {
    Backlog backlog;
    for (const int64_t number : {1, 2, 3}) backlog.Add(Of(number));
    CHECK(Numbers(backlog.Take("e", 2)) == std::vector<int64_t>{1, 2});
    CHECK(backlog.GoesBack(Of(1), true, 3));
    CHECK(backlog.Take("e", 9).empty());  // 2 is at work
    CHECK(backlog.GoesBack(Of(2), true, 3));
    CHECK(Numbers(backlog.Take("e", 9)) == std::vector<int64_t>{1});
    CHECK(backlog.Take("e", 9).empty());
    CHECK(backlog.GoesBack(Of(1), true, 3));
    CHECK(Numbers(backlog.Take("e", 9)) == std::vector<int64_t>{1});
    CHECK_FALSE(backlog.GoesBack(Of(1), true, 3));
    backlog.Finish(Of(1));
    CHECK(Numbers(backlog.Take("e", 9)) == std::vector<int64_t>{2});
    backlog.Finish(Of(2));
    CHECK(Numbers(backlog.Take("e", 9)) == std::vector<int64_t>{3});
}

TEST_CASE("what is past its time, and what belongs to an endpoint that went") {
    Backlog backlog;
    backlog.Add(Of(1));
    backlog.Add({.number = 2, .endpoint = "e", .accepted = At(0), .expires = At(10)});
    CHECK(backlog.TakeExpired(At(9)).empty());
    CHECK(Numbers(backlog.TakeExpired(At(10))) == std::vector<int64_t>{2});
    CHECK(Numbers(backlog.TakeAll("e")) == std::vector<int64_t>{1});
    CHECK(backlog.Sizes().at("e").working == 2);
}

}  // namespace
