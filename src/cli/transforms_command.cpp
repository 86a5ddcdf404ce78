#include <memory>
#include <ostream>

#include "cli/detail/command.h"
#include "cli/detail/platform.h"
#include "cli/detail/table.h"
#include "cli/detail/transform_progress.h"

namespace gyre::cli::detail {
namespace {

using core::Json;
using core::JsonObject;

struct TransformsOptions {
    ConnectionOptions connection;
    std::string name;
    bool stop = false;
};

core::Result<Json> DescribeJob(const Platform& platform, const std::string& name) {
    auto job =
        platform.Call("sagemaker", "DescribeTransformJob", JsonObject{{"TransformJobName", name}});
    if (job || !IsNotThere(job.error())) return job;
    return core::Fail(core::Code::kNotFound,
                      "there is no transform job " + name + "; `gyre transforms` lists them");
}

core::Result<core::JsonArray> Jobs(const Platform& platform, const std::string& name) {
    core::JsonArray jobs;
    if (!name.empty()) {
        GYRE_ASSIGN(Json one, DescribeJob(platform, name));
        jobs.push_back(std::move(one));
        return jobs;
    }
    GYRE_ASSIGN(const core::JsonArray listed,
                platform.List("ListTransformJobs", "TransformJobSummaries"));
    for (const Json& job : listed) {
        GYRE_ASSIGN(Json one, DescribeJob(platform, core::JsonStringOr(job, "TransformJobName")));
        jobs.push_back(std::move(one));
    }
    return jobs;
}

core::Status PrintJobs(Session& session, const TransformsOptions& options) {
    GYRE_ASSIGN(const Platform platform, Platform::Find(session, options.connection));
    if (options.stop) {
        if (options.name.empty()) {
            return core::Fail(core::Code::kInvalidArgument, "--stop wants the job's NAME");
        }
        GYRE_TRY(platform.Call("sagemaker", "StopTransformJob",
                               JsonObject{{"TransformJobName", options.name}}));
    }
    GYRE_ASSIGN(const core::JsonArray jobs, Jobs(platform, options.name));
    if (options.connection.json) {
        PrintJson(session, jobs);
        return {};
    }
    if (jobs.empty()) {
        session.err << "no transform jobs yet; `gyre transform MODEL INPUT OUTPUT` makes one\n";
        return {};
    }
    Table table({"NAME", "STATUS", "PROGRESS", "BEGAN", "REASON"});
    for (const Json& job : jobs) {
        const std::string status = core::JsonStringOr(job, "TransformJobStatus");
        table.Add({{core::JsonStringOr(job, "TransformJobName")},
                   {status, ColourOfStatus(status)},
                   {ProgressText(job)},
                   {Age(core::JsonDouble(job, "CreationTime"), session.clock.WallNow())},
                   {core::JsonStringOr(job, "FailureReason")}});
    }
    session.out << table.Text(session);
    return {};
}

}  // namespace

void AddTransforms(Commands& commands) {
    CLI::App& command = commands.Add(
        "transforms", "List transform jobs: how far each is, how fast, and what failed",
        "Off a terminal each job is a line, with a tab between name, status, progress, time since\n"
        "its beginning, and reason of failure.\n\n"
        "Examples:\n"
        "  gyre transforms\n"
        "  gyre transforms nightly --json | jq '.[0].Progress.SecondsLeft'\n"
        "  gyre transforms nightly --stop");
    const auto options = std::make_shared<TransformsOptions>();
    command.add_option("NAME", options->name, "Only this one");
    command.add_flag("--stop", options->stop, "Stop it; what is finished stays");
    commands.AddConnection(command, options->connection);
    commands.Does(command,
                  [&session = commands.session, options] { return PrintJobs(session, *options); });
}

}  // namespace gyre::cli::detail
