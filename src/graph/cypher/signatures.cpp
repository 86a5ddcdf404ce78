#include <algorithm>

#include "graph/cypher/detail/signatures.h"

namespace gyre::graph::cypher::detail {
namespace {

using T = plan::Type;

constexpr std::initializer_list<T> kNumbers = {T::kInteger, T::kFloat};
constexpr std::initializer_list<T> kTexts = {T::kText};
constexpr std::initializer_list<T> kLists = {T::kList};
constexpr std::initializer_list<T> kPaths = {T::kPath};
constexpr std::initializer_list<T> kSized = {T::kText, T::kList};
constexpr std::initializer_list<T> kElements = {T::kNode, T::kRelationship};
constexpr std::initializer_list<T> kNodes = {T::kNode};
constexpr std::initializer_list<T> kEdges = {T::kRelationship};
constexpr std::initializer_list<T> kKeyed = {T::kNode, T::kRelationship, T::kMap};

constexpr Signature kSignatures[] = {
    {"abs", 1, 1, T::kAny, kNumbers},
    {"acos", 1, 1, T::kFloat, kNumbers},
    {"asin", 1, 1, T::kFloat, kNumbers},
    {"atan", 1, 1, T::kFloat, kNumbers},
    {"atan2", 2, 2, T::kFloat, kNumbers},
    {"ceil", 1, 1, T::kFloat, kNumbers},
    {"coalesce", 1, 1000, T::kAny},
    {"collintersection", 2, 2, T::kList, kLists},
    {"collsort", 1, 2, T::kList, kLists},
    {"collsortmaps", 2, 2, T::kList, kLists},
    {"collsortmulti", 1, 4, T::kList, kLists},
    {"collsortnodes", 2, 2, T::kList, kLists},
    {"collsubtract", 2, 2, T::kList, kLists},
    {"colltoset", 1, 1, T::kList, kLists},
    {"collunion", 2, 2, T::kList, kLists},
    {"cos", 1, 1, T::kFloat, kNumbers},
    {"cot", 1, 1, T::kFloat, kNumbers},
    {"date", 0, 1, T::kTemporal},
    {"date.realtime", 0, 1, T::kTemporal},
    {"date.statement", 0, 1, T::kTemporal},
    {"date.transaction", 0, 1, T::kTemporal},
    {"date.truncate", 1, 3, T::kTemporal},
    {"datetime", 0, 1, T::kTemporal},
    {"datetime.fromepoch", 2, 2, T::kTemporal},
    {"datetime.fromepochmillis", 1, 1, T::kTemporal},
    {"datetime.realtime", 0, 1, T::kTemporal},
    {"datetime.statement", 0, 1, T::kTemporal},
    {"datetime.transaction", 0, 1, T::kTemporal},
    {"datetime.truncate", 1, 3, T::kTemporal},
    {"day", 1, 1, T::kInteger},
    {"degrees", 1, 1, T::kFloat, kNumbers},
    {"duration", 1, 1, T::kTemporal},
    {"duration.between", 2, 2, T::kTemporal},
    {"duration.indays", 2, 2, T::kTemporal},
    {"duration.inmonths", 2, 2, T::kTemporal},
    {"duration.inseconds", 2, 2, T::kTemporal},
    {"e", 0, 0, T::kFloat},
    {"elementid", 1, 1, T::kText, kElements},
    {"endnode", 1, 1, T::kNode, kEdges},
    {"epochmillis", 1, 1, T::kInteger},
    {"exists", 1, 1, T::kBoolean},
    {"exp", 1, 1, T::kFloat, kNumbers},
    {"floor", 1, 1, T::kFloat, kNumbers},
    {"haversin", 1, 1, T::kFloat, kNumbers},
    {"head", 1, 1, T::kAny, kLists},
    {"id", 1, 1, T::kAny, kElements},
    {"isempty", 1, 1, T::kBoolean},
    {"isnan", 1, 1, T::kBoolean, kNumbers},
    {"join", 1, 2, T::kText, kLists},
    {"keys", 1, 1, T::kList, kKeyed},
    {"labels", 1, 1, T::kList, kNodes},
    {"last", 1, 1, T::kAny, kLists},
    {"left", 2, 2, T::kText, kTexts},
    {"length", 1, 1, T::kInteger, kPaths},
    {"localdatetime", 0, 1, T::kTemporal},
    {"localdatetime.realtime", 0, 1, T::kTemporal},
    {"localdatetime.statement", 0, 1, T::kTemporal},
    {"localdatetime.transaction", 0, 1, T::kTemporal},
    {"localdatetime.truncate", 1, 3, T::kTemporal},
    {"localtime", 0, 1, T::kTemporal},
    {"localtime.realtime", 0, 1, T::kTemporal},
    {"localtime.statement", 0, 1, T::kTemporal},
    {"localtime.transaction", 0, 1, T::kTemporal},
    {"localtime.truncate", 1, 3, T::kTemporal},
    {"log", 1, 1, T::kFloat, kNumbers},
    {"log10", 1, 1, T::kFloat, kNumbers},
    {"ltrim", 1, 1, T::kText, kTexts},
    {"month", 1, 1, T::kInteger},
    {"nodes", 1, 1, T::kList, kPaths},
    {"pi", 0, 0, T::kFloat},
    {"properties", 1, 1, T::kMap, kKeyed},
    {"radians", 1, 1, T::kFloat, kNumbers},
    {"rand", 0, 0, T::kFloat},
    {"randomuuid", 0, 0, T::kText},
    {"range", 2, 3, T::kList},
    {"relationships", 1, 1, T::kList, kPaths},
    {"removekeyfrommap", 2, 2, T::kMap, {T::kMap}},
    {"replace", 3, 3, T::kText, kTexts},
    {"reverse", 1, 1, T::kAny, kSized},
    {"right", 2, 2, T::kText, kTexts},
    {"round", 1, 3, T::kFloat, kNumbers},
    {"rtrim", 1, 1, T::kText, kTexts},
    {"sign", 1, 1, T::kInteger, kNumbers},
    {"sin", 1, 1, T::kFloat, kNumbers},
    {"size", 1, 1, T::kInteger, kSized},
    {"split", 2, 2, T::kList, kTexts},
    {"sqrt", 1, 1, T::kFloat, kNumbers},
    {"startnode", 1, 1, T::kNode, kEdges},
    {"substring", 2, 3, T::kText, kTexts},
    {"tail", 1, 1, T::kList, kLists},
    {"tan", 1, 1, T::kFloat, kNumbers},
    {"textindexof", 2, 4, T::kInteger, kTexts},
    {"time", 0, 1, T::kTemporal},
    {"time.realtime", 0, 1, T::kTemporal},
    {"time.statement", 0, 1, T::kTemporal},
    {"time.transaction", 0, 1, T::kTemporal},
    {"time.truncate", 1, 3, T::kTemporal},
    {"timestamp", 0, 0, T::kInteger},
    {"toboolean", 1, 1, T::kBoolean},
    {"tofloat", 1, 1, T::kFloat},
    {"tointeger", 1, 1, T::kInteger},
    {"tolower", 1, 1, T::kText, kTexts},
    {"tostring", 1, 1, T::kText},
    {"toupper", 1, 1, T::kText, kTexts},
    {"trim", 1, 1, T::kText, kTexts},
    {"type", 1, 1, T::kText, kEdges},
    {"year", 1, 1, T::kInteger},
};

constexpr std::string_view kAggregates[] = {
    "avg",   "collect", "count", "max", "min", "percentilecont", "percentiledisc",
    "stdev", "stdevp",  "sum"};

}  // namespace

std::span<const Signature> Signatures() {
    return kSignatures;
}

const Signature* FindSignature(std::string_view name) {
    const auto found = std::ranges::lower_bound(kSignatures, name, {}, &Signature::name);
    return found != std::end(kSignatures) && found->name == name ? found : nullptr;
}

bool IsAggregate(std::string_view name) {
    return std::ranges::find(kAggregates, name) != std::end(kAggregates);
}

}  // namespace gyre::graph::cypher::detail
