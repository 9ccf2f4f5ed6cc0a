package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"taskwire/adapter/chatkit"
)

// transcribeTime is how long a provider may take to write down what was said.
const transcribeTime = 60 * time.Second

// transcribe has the provider turn speech into text.
func (s *server) transcribe(ctx context.Context, _ string, audio []byte, mimeType string) (string, error) {
	m := s.cfg.model
	if m.transcribe == "" || m.demo() {
		return "", &chatkit.RequestError{
			Status: http.StatusNotImplemented, Code: "not_configured",
			Detail: "Dictation is not set up here: it needs TRANSCRIBE_MODEL and a provider that has it.",
		}
	}
	ctx, cancel := context.WithTimeout(ctx, transcribeTime)
	defer cancel()
	api := openai.NewAudioTranscriptionService(
		option.WithBaseURL(strings.TrimRight(m.baseURL, "/")+"/"), option.WithAPIKey(m.key), option.WithMaxRetries(1))
	answer, err := api.New(ctx, openai.AudioTranscriptionNewParams{
		Model: m.transcribe,
		File:  openai.File(bytes.NewReader(audio), "recording"+extension(mimeType), mimeType),
	})
	if err != nil {
		status := 0
		if failed, ok := errors.AsType[*openai.Error](err); ok {
			status = failed.StatusCode // the rest may quote credentials
		}
		s.logger.WarnContext(ctx, "transcription failed", "status", status)
		return "", &chatkit.RequestError{
			Status: http.StatusBadGateway, Code: "model_failed", Detail: "The recording could not be written down. Try again, or type.",
		}
	}
	return answer.Text, nil
}

// extension is what a provider tells the kind of a recording by.
func extension(mimeType string) string {
	kind, _, _ := strings.Cut(mimeType, ";")
	switch strings.TrimSpace(kind) {
	case "audio/mp4", "audio/m4a", "audio/x-m4a":
		return ".m4a"
	case "audio/ogg":
		return ".ogg"
	case "audio/wav", "audio/x-wav":
		return ".wav"
	case "audio/mpeg":
		return ".mp3"
	}
	return ".webm"
}
