package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"taskwire/adapter/chatkit"
)

// A dictation has a provider write down what people say.
type dictation struct {
	api      openai.AudioTranscriptionService
	model    string
	patience time.Duration
}

const (
	// transcribeTime is how long a provider may take, with its one retry.
	transcribeTime = 60 * time.Second
	// maxTranscript is how many bytes of an answer are read: many times what
	// can be said in a recording.
	maxTranscript = 1 << 20
)

// newDictation returns nil where there is no model for it.
func newDictation(m modelChoice) *dictation {
	if m.transcribe == "" || m.demo() {
		return nil
	}
	options := []option.RequestOption{
		option.WithBaseURL(strings.TrimRight(m.baseURL, "/") + "/"),
		option.WithMaxRetries(1), option.WithMaxRetryDelay(2 * time.Second),
		// A recording goes where the operator said, and nowhere else.
		option.WithHTTPClient(&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}),
	}
	if m.key != "" {
		options = append(options, option.WithAPIKey(m.key))
	}
	return &dictation{api: openai.NewAudioTranscriptionService(options...), model: m.transcribe, patience: transcribeTime}
}

// transcribe turns speech into text. A recording in which nothing is said gives
// an empty one.
func (s *server) transcribe(ctx context.Context, _ string, audio []byte, mimeType string) (string, error) {
	if s.dictation == nil {
		return "", &chatkit.RequestError{
			Status: http.StatusNotImplemented, Code: "not_configured",
			Detail: "Dictation is not set up here: it needs TRANSCRIBE_MODEL and a provider that has it.",
		}
	}
	extension, known := recordings[mediaType(mimeType)]
	if !known {
		return "", &chatkit.RequestError{
			Status: http.StatusUnsupportedMediaType, Code: "unsupported_media_type",
			Detail: "mime_type: a recording can be WebM, MP4, Ogg, MP3, WAV or FLAC.",
		}
	}
	text, status, ok := s.dictation.write(ctx, "recording"+extension, mimeType, audio)
	if ok {
		return text, nil
	}
	if ctx.Err() == nil { // else nobody waits for it any more
		s.logger.WarnContext(ctx, "transcription failed", "status", status)
	}
	return "", transcriptionProblem(status)
}

// write gives the text of a recording. Where it is not ok, status is what the
// provider answered, 0 when it did not in time: the rest of its answer may quote
// credentials and stays here.
func (d *dictation) write(ctx context.Context, name, mimeType string, audio []byte) (text string, status int, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, d.patience)
	defer cancel()
	answer, err := d.api.New(ctx, openai.AudioTranscriptionNewParams{
		Model: d.model, File: openai.File(bytes.NewReader(audio), name, mimeType),
	}, option.WithMiddleware(func(req *http.Request, next option.MiddlewareNext) (*http.Response, error) {
		status = 0
		res, err := next(req)
		if err == nil {
			status = res.StatusCode
			bound(res)
		}
		return res, err
	}))
	if ctx.Err() != nil {
		return "", 0, false
	}
	if err != nil || status != http.StatusOK {
		return "", status, false
	}
	// The SDK takes what is no text for one.
	var said struct{ Text *string }
	if json.Unmarshal([]byte(answer.RawJSON()), &said) != nil || said.Text == nil {
		return "", status, false
	}
	return *said.Text, status, true
}

// bound keeps the SDK from reading an answer of any length, and from the body of
// a refusal.
func bound(res *http.Response) {
	if res.StatusCode >= 300 {
		res.Body.Close()
		res.Body = http.NoBody
		return
	}
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(res.Body, maxTranscript), res.Body}
}

// transcriptionProblem words what a provider's status means to who dictates.
func transcriptionProblem(status int) *chatkit.RequestError {
	switch status {
	case 0:
		return &chatkit.RequestError{Status: http.StatusServiceUnavailable, Code: "model_unavailable",
			Detail: "The provider that writes down recordings is out of reach. Try again in a moment, or type."}
	case http.StatusTooManyRequests:
		return &chatkit.RequestError{Status: http.StatusTooManyRequests, Code: "model_rate_limited",
			Detail: "The provider that writes down recordings takes no more for now. Try again in a moment, or type."}
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return &chatkit.RequestError{Status: http.StatusBadRequest, Code: "invalid",
			Detail: "audio_base64: the provider cannot read this recording. It may be damaged, too short, or of another kind than it says."}
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		return &chatkit.RequestError{Status: http.StatusBadGateway, Code: "model_failed",
			Detail: "The provider refuses to write down recordings. Whoever runs this server has to look at its key and at TRANSCRIBE_MODEL."}
	}
	return &chatkit.RequestError{Status: http.StatusBadGateway, Code: "model_failed",
		Detail: "The recording could not be written down. Try again, or type."}
}

// recordings are the kinds that providers take, by the ending of the file's
// name: it is what they go by.
var recordings = map[string]string{
	"audio/webm": ".webm",
	"audio/mp4":  ".m4a", "audio/m4a": ".m4a", "audio/x-m4a": ".m4a",
	"audio/ogg":  ".ogg",
	"audio/mpeg": ".mp3", "audio/mp3": ".mp3",
	"audio/wav": ".wav", "audio/x-wav": ".wav", "audio/wave": ".wav", "audio/vnd.wave": ".wav",
	"audio/flac": ".flac", "audio/x-flac": ".flac",
}

// mediaType is a type without its parameters.
func mediaType(s string) string {
	kind, _, _ := strings.Cut(s, ";")
	return strings.ToLower(strings.TrimSpace(kind))
}
