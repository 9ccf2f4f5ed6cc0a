// Command mcpgo is a peer in the benchmark: mark3labs/mcp-go at its default
// settings with one trivial tool. It serves both eras on one handler.
package main

import (
	"context"
	"flag"
	"log"
	"net/http"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

type args struct {
	TaskID string `json:"task_id"`
}

func main() {
	addr := flag.String("http", "127.0.0.1:0", "address to serve on")
	flag.Parse()
	s := server.NewMCPServer("mcpgo", "1.0.0")
	tool := mcp.NewTool("get_task", mcp.WithDescription("Says hello to a task"), mcp.WithString("task_id", mcp.Required()))
	s.AddTool(tool, mcp.NewTypedToolHandler(
		func(_ context.Context, _ mcp.CallToolRequest, in args) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultText("hello " + in.TaskID), nil
		}))
	handler := server.NewStreamableHTTPServer(s)
	http.Handle("/2025", handler)
	http.Handle("/2026", handler)
	log.Fatal(http.ListenAndServe(*addr, nil))
}
