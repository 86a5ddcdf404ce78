#include "access/detail/gate_call.h"

#include <utility>

#include "access/decoded_body.h"
#include "access/detail/gate_errors.h"
#include "access/detail/text.h"
#include "access/request_context.h"
#include "core/gzip.h"
#include "core/log.h"
#include "net/string_body.h"

namespace gyre::access::detail {
namespace {

/// Of a query protocol's form, which is read before its action is known.
constexpr size_t kMaxForm = 1U << 20;

std::unique_ptr<AuditLog> OwnAudit(const GateOptions& options) {
    if (options.audit) return nullptr;
    return std::make_unique<AuditLog>(
        [](std::string_view lines) {
            ForEachPiece(lines, '\n', [](std::string_view line) {
                core::LogInfo("audit", {{"decision", line}});
            });
        },
        *options.clock);
}

double Seconds(core::SteadyTime::duration time) {
    return std::chrono::duration<double>(time).count();
}

}  // namespace

GateState::GateState(GateOptions gate_options)
    : options(std::move(gate_options)),
      metrics(*options.metrics),
      own_audit(OwnAudit(options)),
      audit(options.audit ? *options.audit : *own_audit) {
}

GateCall::GateCall(std::shared_ptr<GateState> gate, std::shared_ptr<net::Exchange> exchange)
    : gate_(std::move(gate)),
      began_(gate_->options.clock->Now()),
      exchange_(std::move(exchange), [this](int status) {
          metrics_->Answered(status, Seconds(gate_->options.clock->Now() - began_));
      }) {
}

void GateCall::Start() {
    if (auto status = Timed([this] { return Recognise(); }); !status) {
        return Refuse(status.error());
    }
    if (!wire::NeedsBodyToRoute(*service_)) {
        if (auto status = FindAction({}); !status) return Answer(status.error());
        if (const auto busy = TurnedAway()) return Answer(*busy);
    }
    TakeBody();
}

template <typename Step>
core::Status GateCall::Timed(Step step) {
    const auto before = gate_->options.clock->Now();
    auto status = step();
    authorising_ += gate_->options.clock->Now() - before;
    return status;
}

core::Status GateCall::Recognise() {
    const net::RequestHead& head = Head();
    const auto serve = [&](std::string_view signing_name) {
        service_ = wire::FindService(head, signing_name);
        style_ = StyleOf(service_->protocol);
        metrics_ = &gate_->metrics.Operation(service_->name, "");
        if (style_ != ErrorStyle::kS3) exchange_.SetIdHeader("x-amzn-RequestId");
    };
    serve({});
    GYRE_ASSIGN(auto claim, ReadClaim(head, style_));
    if (!claim) return RecogniseNobody();
    claim_ = std::move(*claim);
    serve(claim_.service);
    if (claim_.service != service_->signing_name) {
        return core::Fail(WrongServiceError(style_, claim_.service, service_->signing_name));
    }
    auto credential = gate_->options.credentials->Find(claim_.access_key_id);
    if (!credential) return core::Fail(UnknownKeyError(style_, claim_.access_key_id));
    credential_ = std::move(*credential);
    GYRE_TRY(CheckClaim(head, claim_, credential_, gate_->options.clock->WallNow(), style_));
    GYRE_TRY(ReadPayloadKind());
    // Where the head names the body's hash, a wrong signature is refused before the body is sent.
    if (payload_ == PayloadKind::kAbsent) return {};
    const auto marker = head.headers.Find("x-amz-content-sha256");
    return CheckSigned(marker ? *marker : kUnsignedPayload);
}

core::Status GateCall::RecogniseNobody() {
    // S3 alone knows callers without a key: what its buckets' policies open to everyone.
    if (style_ != ErrorStyle::kS3) return core::Fail(AnonymousError(style_));
    GYRE_ASSIGN(payload_, PayloadKindOf(Head().headers.Get("x-amz-content-sha256")));
    if (payload_ == PayloadKind::kSignedChunks || payload_ == PayloadKind::kSignedChunksTrailer) {
        return core::Fail(AnonymousError(style_));
    }
    if (payload_ == PayloadKind::kAbsent) payload_ = PayloadKind::kUnsigned;
    seed_.emplace();
    return {};
}

core::Status GateCall::ReadPayloadKind() {
    GYRE_ASSIGN(payload_, PayloadKindOf(Head().headers.Get("x-amz-content-sha256")));
    if (payload_ != PayloadKind::kAbsent || style_ != ErrorStyle::kS3) return {};
    if (claim_.kind == SignatureClaim::Kind::kHeaderV4) return core::Fail(MissingHashError());
    payload_ = PayloadKind::kUnsigned;
    return {};
}

core::Status GateCall::CheckSigned(std::string_view payload_hash) {
    GYRE_ASSIGN(seed_,
                CheckSignature(Head(), claim_, credential_, payload_hash, gate_->keys, style_));
    return {};
}

core::Status GateCall::FindAction(std::string_view form) {
    GYRE_ASSIGN(route_, wire::RouteRequest(*service_, Head(), form));
    metrics_ = &gate_->metrics.Operation(service_->name, route_.operation_name);
    action_ = gate_->options.actions->Find(service_->name, route_.operation_name);
    if (!action_) return core::Fail(NotServedError(service_->name, route_.operation_name));
    context_ = {std::string(service_->name), std::string(route_.operation_name),
                gate_->options.region, RequestId(), credential_.caller};
    context_.caller.access_key_id = credential_.access_key_id;
    return {};
}

std::optional<core::Error> GateCall::TurnedAway() {
    if (!action_->turn_away || gate_->options.authoriser->MayWait(credential_)) return std::nullopt;
    const auto may = [this] {
        input_ = route_.path_members;
        return Authorise().has_value();
    };
    return action_->turn_away({.path_members = route_.path_members, .head = Head(), .may = may});
}

void GateCall::TakeBody() {
    if (action_ && action_->stream && route_.stream_input) {
        if (!seed_) return Refuse(MissingHashError());
        return Submit(&GateCall::FinishStreaming);
    }
    exchange_.ReadBody(action_ ? action_->max_body : kMaxForm,
                       [self = shared_from_this()](core::Result<std::string> body) {
                           self->GotBody(std::move(body));
                       });
}

void GateCall::GotBody(core::Result<std::string> body) {
    if (!body) {
        if (body.error().code != core::Code::kResourceExhausted) return Answer(body.error());
        return Answer(TooLargeError(style_, action_ ? action_->max_body : kMaxForm));
    }
    body_ = std::move(*body);
    const bool at_once = action_ && action_->buffered;
    if (at_once && !gate_->options.authoriser->MayWait(credential_)) return Finish();
    Submit(&GateCall::Finish);
}

void GateCall::Submit(void (GateCall::*step)()) {
    auto self = shared_from_this();
    if (gate_->options.pool->TrySubmit([self, step] { ((*self).*step)(); })) return;
    Answer(BusyError(style_));
}

core::Status GateCall::CheckBody() {
    if (IsChunked(payload_)) {
        net::StringBody framed(std::move(body_));
        GYRE_ASSIGN(const auto decoded, DecodeBody(framed, Head(), payload_, *seed_));
        GYRE_ASSIGN(body_, net::ReadAll(*decoded));
        return {};
    }
    if (payload_ == PayloadKind::kUnsigned) return {};
    const std::string hash = PayloadHash(body_);
    if (payload_ == PayloadKind::kAbsent) return CheckSigned(hash);
    const std::string_view signed_hash = Head().headers.Get("x-amz-content-sha256");
    if (core::ConstantTimeEquals(hash, signed_hash)) return {};
    return core::Fail(BodyHashError(style_, signed_hash, hash));
}

core::Status GateCall::Unpack() {
    // Clients pack the large bodies of a few operations (PutMetricData) before they sign them. An
    // object's or a prediction's encoding is its owner's business.
    const bool document = !action_ || action_->document;
    if (!document || style_ == ErrorStyle::kS3) return {};
    if (!net::EqualsIgnoreCase(Head().headers.Get("content-encoding"), "gzip")) return {};
    const size_t limit = action_ ? action_->max_body : kMaxForm;
    auto unpacked = core::Gunzip(body_, limit);
    if (!unpacked) {
        if (unpacked.error().code == core::Code::kResourceExhausted) {
            return core::Fail(TooLargeError(style_, limit));
        }
        return core::Fail(core::Code::kInvalidArgument, "SerializationException",
                          "the body is not packed as its Content-Encoding says");
    }
    body_ = std::move(*unpacked);
    return {};
}

core::Status GateCall::ParseAndAuthorise(std::string_view body) {
    GYRE_ASSIGN(input_, wire::ParseInput(route_, Head(), body));
    const auto authorised = Timed([this] { return Authorise(); });
    gate_->metrics.Authorised(Seconds(authorising_));
    return authorised;
}

core::Status GateCall::Authorise() {
    const std::string resource = action_->resource ? action_->resource(context_, input_) : "*";
    const bool proven = seed_.has_value();
    if (proven && !credential_.access_key_id.empty()) {
        gate_->options.credentials->NoteUse(credential_, service_->permission_prefix,
                                            claim_.region);
    }
    Decision decision;
    decision.effect = Decision::Effect::kAllow;
    ConditionContext facts =
        RequestContext(Head(), context_, input_, gate_->options.clock->WallNow());
    if (!action_->buffered) context_.facts = facts;
    const bool open = action_->permission.empty();
    const std::string permission = open ? context_.service + ":" + context_.operation
                                   : action_->permission_of ? action_->permission_of(input_)
                                                            : action_->permission;
    if (!open) {
        decision = gate_->options.authoriser->Authorise(credential_, permission, resource,
                                                        std::move(facts));
    }
    gate_->audit.Record({.request_id = Head().request_id,
                         .source = Head().remote_address,
                         .access_key_id = credential_.access_key_id,
                         .caller = credential_.caller.arn,
                         .action = permission,
                         .resource = resource,
                         .outcome = open ? "open" : EffectName(decision.effect),
                         .policy = decision.policy,
                         .statement = decision.statement,
                         .kind = open ? std::string_view() : PartName(decision.part),
                         .reason = proven ? "" : "unproven"});
    if (decision.Allowed()) return {};
    if (action_->refusal) {
        if (auto error = action_->refusal(context_, input_)) return core::Fail(std::move(*error));
    }
    if (credential_.caller.arn.empty()) return core::Fail(AnonymousError(style_));
    return core::Fail(DeniedError(style_, credential_.caller.arn, permission, resource, decision));
}

void GateCall::Finish() {
    if (auto status = Timed([this] { return CheckBody(); }); !status) {
        return Refuse(status.error());
    }
    if (auto status = Unpack(); !status) return Answer(status.error());
    if (!action_) {
        if (auto status = FindAction(body_); !status) return Answer(status.error());
    }
    if (auto status = ParseAndAuthorise(body_); !status) return Answer(status.error());
    if (action_->buffered) return RunBuffered();
    if (action_->document) return RunDocument();
    net::StringBody body(std::move(body_));
    const auto plain = MakePlainBody(body, {});
    RunStream(*plain);
}

void GateCall::FinishStreaming() {
    if (auto status = ParseAndAuthorise({}); !status) return Answer(status.error());
    auto body = DecodeBody(exchange_.Body(), Head(), payload_, *seed_);
    if (!body) return Answer(body.error());
    RunStream(**body);
}

void GateCall::RunDocument() {
    auto output = action_->document(context_, std::move(input_));
    if (!output) return Answer(output.error());
    exchange_.Respond(wire::WriteOutput(route_, *output, RequestId()));
}

void GateCall::RunBuffered() {
    wire::BufferedCall call;
    call.context = std::move(context_);
    call.input = std::move(input_);
    call.body = std::move(body_);
    call.head = Head();
    call.respond = [self = shared_from_this()](core::Result<net::Response> response) {
        if (!response) return self->Answer(response.error());
        self->exchange_.Respond(std::move(*response));
    };
    call.respond_stream = [self = shared_from_this()](net::ResponseHead head) {
        return self->exchange_.RespondStream(std::move(head), std::nullopt);
    };
    action_->buffered(std::move(call));
}

void GateCall::RunStream(net::BodyReader& body) {
    wire::StreamCall call{context_, std::move(input_), Head(), body, exchange_};
    const auto status = action_->stream(call);
    if (status) return;
    if (!exchange_.Answered()) return Answer(status.error());
    core::LogWarning("an answer broke off", {{"operation", context_.operation},
                                             {"request", Head().request_id},
                                             {"error", status.error().ToString()}});
}

void GateCall::Answer(const core::Error& error) {
    net::Response response = wire::WriteError(*service_, error, RequestId(), Head().path);
    if (response.status == 500) {
        core::LogError("a request failed", {{"request", Head().request_id},
                                            {"service", service_->name},
                                            {"operation", context_.operation},
                                            {"error", error.ToString()}});
    }
    if (response.status == 503 && !response.headers.Find("retry-after")) {
        response.headers.Add("Retry-After", "1");
    }
    exchange_.Respond(std::move(response));
}

void GateCall::Refuse(const core::Error& error) {
    gate_->audit.Record({.request_id = Head().request_id,
                         .source = Head().remote_address,
                         .access_key_id = claim_.access_key_id,
                         .caller = {},
                         .action = service_->name,
                         .resource = {},
                         .outcome = "refused",
                         .policy = {},
                         .statement = {},
                         .reason = error.wire_name});
    Answer(error);
}

}  // namespace gyre::access::detail
