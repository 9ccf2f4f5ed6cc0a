// Package chatkit is the server side of ChatKit's wire protocol: what a
// program must speak so that ChatKit.js works with it as a custom API. It is
// meant to be imported by any Go program and needs the standard library alone.
//
// There is one endpoint. A request is a JSON object whose type names one of
// sixteen operations; six of them are answered with a stream of events
// (text/event-stream), ten with one JSON object. The package decodes and
// checks requests, runs turns, orders what is stored and what is sent, and
// writes the answers. An integration brings a Store and a function that
// answers a message.
//
// What the package does not know: models, tools, databases, tokens. Who the
// user is comes from Options.User, and is handed on as an explicit argument.
// Nor does it know origins: where the page comes from another one, put the
// CORS handling of your choice in front. Browsers ask first (OPTIONS), with
// Content-Type, Authorization and ChatKit's own headers, which all begin with
// "chatkit-".
//
// # Values
//
// Threads hold items ([Item]), a turn sends events ([Event]), unfinished items
// grow by updates ([Update]). Free-form JSON (tool arguments, action payloads,
// data of tags) is json.RawMessage and kept as it came, numbers digit by
// digit; widgets are free trees ([Widget]) with builders for the usual
// components ([Card], [ListView], [Text] and so on).
//
// Each value has two JSON forms of the same shape. The stored form
// (MarshalItem and its kin) keeps everything. The wire form (AppendJSON)
// follows the protocol: null fields are left out, thread and attachment
// metadata stay here, null props of widgets are dropped, and hidden items are
// refused. Times are RFC 3339 in UTC.
package chatkit
