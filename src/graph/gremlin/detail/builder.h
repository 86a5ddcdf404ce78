#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "graph/gremlin/compile.h"
#include "graph/plan/graph_filter.h"
#include "graph/plan/restrict.h"
#include "graph/plan/step.h"
#include "graph/value.h"

namespace gyre::graph::gremlin::detail {

class Compiler;

/// One call of a step, while its plan is made: reads arguments, says what is wrong with them.
class Call {
  public:
    Call(Compiler& compiler, const Instruction& instruction, bool start)
        : compiler_(compiler), instruction_(instruction), start_(start) {}

    [[nodiscard]] const std::string& Name() const { return instruction_.name; }
    [[nodiscard]] const Values& Arguments() const { return instruction_.arguments; }
    [[nodiscard]] size_t Count() const { return instruction_.arguments.size(); }
    [[nodiscard]] const Value& At(size_t index) const { return instruction_.arguments[index]; }
    /// A step of that kind, with what every step has.
    [[nodiscard]] plan::Step Step(plan::Op op) const;
    [[nodiscard]] tl::unexpected<core::Error> Wrong(const std::string& expected) const;
    /// In the reference's words.
    [[nodiscard]] tl::unexpected<core::Error> Refused(std::string message) const;
    [[nodiscard]] const Rules& TheRules() const;
    [[nodiscard]] tl::unexpected<core::Error> Unimplemented(const std::string& what) const;

    /// Takes a leading Scope, if there is one; `rest` are the other arguments.
    [[nodiscard]] Scope TakeScope(std::span<const Value>& rest) const;
    [[nodiscard]] core::Result<std::vector<std::string>> Texts(std::span<const Value> values) const;
    [[nodiscard]] core::Result<int64_t> Whole(const Value& value) const;
    [[nodiscard]] core::Result<plan::TraversalPtr> Child(const Value& value) const;
    /// A lambda as a traversal of one step. What it is called with: the traverser, or its value.
    [[nodiscard]] core::Result<plan::TraversalPtr> OfLambda(const Value& value,
                                                            bool of_traverser) const;
    /// Likewise one that has a result where the lambda says true.
    [[nodiscard]] core::Result<plan::TraversalPtr> TestOfLambda(const Value& value,
                                                                bool of_traverser) const;
    /// Of filters: as("a")… and …as("b") at its ends are conditions on names.
    [[nodiscard]] core::Result<plan::TraversalPtr> Pattern(const Value& value) const;
    /// A traversal, or a value that stands for itself.
    [[nodiscard]] core::Result<plan::Argument> Argument(const Value& value) const;
    /// A predicate, or equality with the value.
    [[nodiscard]] Ptr<Predicate> AsPredicate(const Value& value) const;
    [[nodiscard]] std::span<const Value> All() const { return instruction_.arguments; }
    void NeedsPath() const;
    void Writes() const;
    void WritesFile() const;
    [[nodiscard]] bool Start() const { return start_; }

  private:
    Compiler& compiler_;
    const Instruction& instruction_;
    bool start_;
};

using Builder = core::Result<plan::Step> (*)(const Call& call);
using Builders = std::map<std::string_view, Builder>;

void AddHopBuilders(Builders& builders);
void AddFilterBuilders(Builders& builders);
void AddMapBuilders(Builders& builders);
void AddReduceBuilders(Builders& builders);
void AddBranchBuilders(Builders& builders);
void AddWriteBuilders(Builders& builders);
void AddFunctionBuilders(Builders& builders);
void AddProgramBuilders(Builders& builders);

/// A step that changes the one before it: by(), as(), option()…; false when the name is none of
/// these.
[[nodiscard]] core::Result<bool> ApplyModulator(const Call& call, std::vector<plan::Step>& steps,
                                                plan::Step& pending_repeat);

/// Compiles traversals, children included, and gathers what the whole query needs.
class Compiler {
  public:
    [[nodiscard]] core::Result<plan::Query> Whole(const Bytecode& bytecode);
    [[nodiscard]] core::Result<plan::Traversal> Traversal(std::span<const Instruction> calls,
                                                          bool root);
    [[nodiscard]] core::Result<plan::TraversalPtr> Pattern(const Bytecode& bytecode);
    /// A step asks where a traverser has been.
    void NeedPath() {
        query.needs_path = true;
        ++path_wishes_;
    }
    plan::Query query;
    Explanation* explanation = nullptr;  ///< filled where it is asked for

  private:
    /// What is done about a traversal that a strategy does not like.
    struct Verification {
        bool fails = false;
        bool warns = false;  ///< in the log
    };

    void ForgetCountedSelect(plan::Traversal& root);
    void Note(const char* rule, const plan::Traversal& root);
    void NoteSent(const Instruction& call);
    [[nodiscard]] core::Status Sources(const Bytecode& bytecode);
    /// Each takes the place of one of its name that was there before.
    void WithStrategies(std::span<const Value> added);
    void WithOption(const std::string& key, Value value);
    void Without(std::string_view name);
    void WithoutStrategy(const Value& strategy);
    /// What the source has when all of it is read.
    [[nodiscard]] core::Status ApplyStrategies();
    [[nodiscard]] core::Status SourceStrategy(const Strategy& strategy);
    /// Null where the option is not given.
    [[nodiscard]] core::Result<plan::TraversalPtr> OptionTraversal(const Strategy& strategy,
                                                                   std::string_view option);
    [[nodiscard]] core::Status Computer(const Strategy& strategy);
    [[nodiscard]] core::Status Subgraph(const Strategy& strategy);
    [[nodiscard]] core::Status Partition(const Strategy& strategy);
    /// What strategies forbid is not in the traversal.
    [[nodiscard]] core::Status Verify(const plan::Traversal& root) const;
    [[nodiscard]] core::Status VerifyComputer(const plan::Traversal& root) const;
    [[nodiscard]] core::Result<bool> Infix(std::span<const Instruction> calls, bool root,
                                           plan::Traversal& traversal);
    int depth_ = 0;
    size_t steps_ = 0;
    size_t path_wishes_ = 0;  ///< of steps
    bool read_only_ = false;
    bool with_path_ = false;
    Verification edge_labels_, reserved_keys_;
    bool infix_ = true;         ///< "a.and().b" is and(a, b): ConnectiveStrategy
    bool no_computer_ = false;  ///< VertexProgramRestrictionStrategy
    bool no_lambdas_ = false;
    bool computer_ = false;  ///< the source has a computer: programs over the whole graph may run
    bool verifies_computer_ = true;
    bool detaches_whole_ = false;  ///< what leaves a computer does so with its properties
    std::vector<Strategy> strategies_;
    std::vector<std::string> reserved_;  ///< keys that no step may set
    std::vector<plan::Restriction> restrictions_;
    plan::GraphFilter graph_filter_;  ///< what the computer sees
    std::string id_key_;  ///< of ElementIdStrategy: the property that ids are; "": the ids are
};

}  // namespace gyre::graph::gremlin::detail
