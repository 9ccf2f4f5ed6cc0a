//go:build conformance

package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// prompt registers a prompt whose arguments, all required, are put into the
// text messages in order.
func (f *fixtures) prompt(name string, args []string, content ...mcp.Content) {
	p := &mcp.Prompt{Name: name, Description: fixtureDescription}
	for _, arg := range args {
		p.Arguments = append(p.Arguments, &mcp.PromptArgument{Name: arg, Description: "Goes into the text", Required: true})
	}
	f.AddPrompt(p, func(_ context.Context, req *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		result := &mcp.GetPromptResult{}
		for _, c := range content {
			if text, ok := c.(*mcp.TextContent); ok {
				c = f.textf("%s", f.fillIn(text.Text, req.Params.Arguments))
			}
			result.Messages = append(result.Messages, &mcp.PromptMessage{Role: "user", Content: c})
		}
		return result, nil
	})
}

func (f *fixtures) fillIn(text string, args map[string]string) string {
	for name, value := range args {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	return text
}

func (f *fixtures) addPrompts() {
	f.prompt("test_simple_prompt", nil, f.textf("This is a simple prompt for testing."))
	f.prompt("test_prompt_with_arguments", []string{"arg1", "arg2"},
		f.textf("Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"))
	f.prompt("test_prompt_with_image", nil,
		&mcp.ImageContent{Data: fixturePNG, MIMEType: "image/png"}, f.textf("Please analyze the image above."))

	f.AddPrompt(&mcp.Prompt{
		Name:        "test_prompt_with_embedded_resource",
		Description: fixtureDescription,
		Arguments:   []*mcp.PromptArgument{{Name: "resourceUri", Required: true}},
	}, func(_ context.Context, req *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		resource := &mcp.ResourceContents{
			URI: req.Params.Arguments["resourceUri"], MIMEType: "text/plain", Text: "Embedded resource content for testing.",
		}
		return &mcp.GetPromptResult{Messages: []*mcp.PromptMessage{
			{Role: "user", Content: &mcp.EmbeddedResource{Resource: resource}},
			{Role: "user", Content: f.textf("Please process the embedded resource above.")},
		}}, nil
	})
	f.AddPrompt(&mcp.Prompt{Name: "test_input_required_result_prompt", Description: fixtureDescription},
		func(_ context.Context, req *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			form := f.accepted(req.Params.InputResponses, "user_context")
			if form == nil {
				return &mcp.GetPromptResult{InputRequests: mcp.InputRequestMap{"user_context": f.ask("In which context?", "context", "string")}}, nil
			}
			return &mcp.GetPromptResult{Messages: []*mcp.PromptMessage{
				{Role: "user", Content: f.textf("Context: %v", form["context"])},
			}}, nil
		})
}

func (f *fixtures) addResources() {
	resource := func(name, mime string, contents mcp.ResourceContents) {
		contents.URI, contents.MIMEType = "test://"+name, mime
		f.AddResource(&mcp.Resource{Name: name, URI: contents.URI, MIMEType: mime},
			func(context.Context, *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
				return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{&contents}}, nil
			})
	}
	resource("static-text", "text/plain", mcp.ResourceContents{Text: "This is the content of the static text resource."})
	resource("static-binary", "image/png", mcp.ResourceContents{Blob: fixturePNG})
	resource("watched-resource", "text/plain", mcp.ResourceContents{Text: "Watched resource content"})

	const before, after = "test://template/", "/data"
	f.AddResourceTemplate(&mcp.ResourceTemplate{
		Name: "template", URITemplate: before + "{id}" + after, MIMEType: "application/json",
	}, func(_ context.Context, req *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
		id := strings.TrimSuffix(strings.TrimPrefix(req.Params.URI, before), after)
		return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{{
			URI: req.Params.URI, MIMEType: "application/json",
			Text: fmt.Sprintf(`{"id": %q, "templateTest": true, "data": "Data for ID: %s"}`, id, id),
		}}}, nil
	})
}
