//go:build !conformance

package main

import "github.com/modelcontextprotocol/go-sdk/mcp"

// addFixtures and fixtureOptions do nothing in the product. Built with
// -tags conformance they add what the official conformance suite calls.
func addFixtures(*mcp.Server) {}

func fixtureOptions(*mcp.ServerOptions) {}

// fixtureStreams says that something may be said on the streams of sessions: by
// fixtures alone.
const fixtureStreams = false
