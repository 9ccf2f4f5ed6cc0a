package chatkit_test

// Reasons that several differences have.
const (
	refusesWell  = "a bad request is refused with its own status, in words"
	notThere     = "what is not there is 404 before the first byte"
	ownIDs       = "ids are ours, so that no item overwrites another or fails to be stored"
	oneTurn      = "one turn at a time on a thread"
	renameStays  = "a rename during a turn is kept"
	emptyIsNone  = "an empty title is none"
	hiddenInside = "hidden items never reach the wire"
)

// differences are the places where we answer otherwise than the reference did,
// and want to.
var differences = []difference{
	{recording: "05_hidden_items", path: "steps[0].events[3]", theirs: "thread.item.added hidden_context_item", why: hiddenInside},

	{recording: "27_bad_requests", path: "steps[0].status", theirs: "500", ours: "400 invalid_json", why: refusesWell},
	{recording: "27_bad_requests", path: "steps[1].status", theirs: "500", ours: "400 invalid_request", why: refusesWell},
	{recording: "27_bad_requests", path: "steps[2].status", theirs: "500", ours: "400 invalid_request", why: refusesWell},
	{recording: "27_bad_requests", path: "steps[3].status", theirs: "500", ours: "400 invalid_request", why: refusesWell},
	{recording: "27_bad_requests", path: "steps[4].status", theirs: "500", ours: "400 invalid_request", why: refusesWell},
	{recording: "27_bad_requests", path: "steps[5].status", theirs: "500", ours: "400 invalid_request", why: refusesWell},
	{recording: "27_bad_requests", path: "steps[6].status", theirs: "200", ours: "400 invalid_request", why: "a message without text and attachment says nothing"},
	{recording: "27_bad_requests", path: "steps[7].status", theirs: "500", ours: "400 invalid_request", why: refusesWell},
	{recording: "27_bad_requests", path: "steps[8].status", theirs: "500", ours: "400 invalid_request", why: refusesWell},
	{recording: "27_bad_requests", path: "steps[9].status", theirs: "500", ours: "400 invalid_json", why: refusesWell},
	{recording: "27_bad_requests", path: "steps[10].status", theirs: "405", ours: "405 method_not_allowed", why: "refusals have a code"},

	{recording: "28_not_found", path: "steps[0].status", theirs: "500", ours: "404 not_found", why: notThere},
	{recording: "28_not_found", path: "steps[1].status", theirs: "200", ours: "404 not_found", why: notThere},
	{recording: "28_not_found", path: "steps[2].status", theirs: "500", ours: "404 not_found", why: notThere},
	{recording: "28_not_found", path: "steps[4].status", theirs: "cut", ours: "404 not_found", why: notThere},
	{recording: "28_not_found", path: "steps[5].status", theirs: "cut", ours: "404 not_found", why: notThere},
	{recording: "28_not_found", path: "steps[6].status", theirs: "cut", ours: "404 not_found", why: notThere},
	{recording: "28_not_found", path: "steps[7].status", theirs: "cut", ours: "404 not_found", why: notThere},
	{recording: "28_not_found", path: "steps[8].status", theirs: "500", ours: "404 not_found", why: notThere},
	{recording: "28_not_found", path: "steps[9].status", theirs: "200", ours: "404 not_found", why: "feedback is about items that are there"},
	{recording: "29_user_isolation", path: "steps[1].status", theirs: "500", ours: "404 not_found", why: notThere},
	{recording: "30_threads_list_pagination", path: "steps[13].status", theirs: "500", ours: "200", why: "a cursor is a position: an unknown one is no error"},

	{recording: "33_update_delete", path: "steps[2].body.title", theirs: `""`, why: emptyIsNone},
	{recording: "33_update_delete", path: "steps[3].status", theirs: "500", ours: "400 invalid_request", why: refusesWell},
	{recording: "33_update_delete", path: "steps[5].status", theirs: "500", ours: "404 not_found", why: notThere},
	{recording: "33_update_delete", path: "steps[7].status", theirs: "cut", ours: "404 not_found", why: notThere},

	{recording: "34_feedback", path: "steps[3].status", theirs: "500", ours: "400 invalid_request", why: refusesWell},
	{recording: "34_feedback", path: "steps[4].body[0]", theirs: `{"item_ids":["a"],"kind":"positive","thread_id":"thr_nope","user":"alice"}`, why: "of another recording: the reference was not started anew"},
	{recording: "35_transcribe", path: "steps[1].status", theirs: "500", ours: "400 invalid_request", why: refusesWell},
	{recording: "36_retry_after_item", path: "steps[5].status", theirs: "200", ours: "404 not_found", why: notThere},
	{recording: "36_retry_after_item", path: "steps[6].status", theirs: "cut", ours: "400 not_a_user_message", why: refusesWell},
	{recording: "37_client_tool", path: "steps[3].status", theirs: "cut", ours: "409 not_pending", why: refusesWell},
	{recording: "40_structured_input", path: "steps[2].status", theirs: "cut", ours: "409 not_pending", why: refusesWell},
	{recording: "42_custom_action", path: "steps[3].status", theirs: "200", ours: "400 not_a_widget", why: "what can be checked is, before the first byte"},
	{recording: "42_custom_action", path: "steps[4].status", theirs: "cut", ours: "404 not_found", why: notThere},
	{recording: "44_attachments_two_phase", path: "steps[7].status", theirs: "cut", ours: "404 not_found", why: "attachments are loaded before the thread is made"},

	{recording: "51_id_collision", path: "steps[1].events[6]", theirs: "error stream.error", ours: "thread.item.done assistant_message", why: ownIDs},
	{recording: "51_id_collision", path: "steps[2].body.data[3]", ours: "assistant_message", why: ownIDs},
	{recording: "51_id_collision", path: "steps[3].events[7]", theirs: "error stream.error", ours: "thread.item.done assistant_message", why: ownIDs},
	{recording: "64_agent_chat_completions", path: "steps[1].events[8]", theirs: "error stream.error", ours: "thread.item.done assistant_message", why: ownIDs},
	{recording: "64_agent_chat_completions", path: "steps[2].body.data[3]", ours: "assistant_message", why: ownIDs},

	{recording: "52_lost_update_rename_during_stream", path: "steps[2].events[12].thread.title", ours: "renamed by the user", why: renameStays},
	{recording: "52_lost_update_rename_during_stream", path: "steps[3].body.title", ours: "renamed by the user", why: renameStays},
	{recording: "54_two_turns_at_once", path: "steps[1].status", theirs: "200", ours: "409 busy", why: oneTurn},
	{recording: "54_two_turns_at_once", path: "steps[3].body.data[2]", theirs: "user_message", why: oneTurn},
	{recording: "54_two_turns_at_once", path: "steps[3].body.data[3]", theirs: "assistant_message", why: oneTurn},
}
