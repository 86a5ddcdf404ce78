#pragma once

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "graph/cypher/test_query.h"

namespace gyre::graph {

/// The words of a text in order, whatever order they had.
inline std::string SortedWords(const std::string& text) {
    std::vector<std::string> words;
    std::istringstream in(text);
    for (std::string word; in >> word;) words.push_back(word);
    std::ranges::sort(words);
    std::string sorted;
    for (const std::string& word : words) sorted += word + " ";
    return sorted;
}

/// Two graphs that get the same changes, of which one may come to rest.
class GraphPair {
  public:
    TestGraph& Rests() { return rests_; }
    void Do(const std::string& script) {
        CAPTURE(script);
        for (TestGraph* graph : {&rests_, &never_}) REQUIRE(graph->Run(script) == "");
    }
    void DoInCypher(const std::string& query) {
        CAPTURE(query);
        for (TestGraph* graph : {&rests_, &never_}) REQUIRE(cypher::Ask(*graph, query) == "");
    }

  protected:
    TestGraph rests_{GraphMode::kTinkerGraph, false}, never_{GraphMode::kTinkerGraph, false};
};

/// Compares the two, which have Add, Change and Compare, through all that may happen to what rests.
template <typename Pair>
void CompareThroughout(Pair& pair, int first, int changes) {
    pair.Add(first);
    REQUIRE(pair.Rests().Store().Rest());
    pair.Compare();
    for (int i = 0; i < changes; ++i) pair.Change();
    pair.Compare();
    pair.Add(60);
    pair.Compare();
    pair.Rests().Reopen();
    pair.Compare();
    REQUIRE(pair.Rests().Store().Rest());
    pair.Compare();
}

}  // namespace gyre::graph
