package chatkit_test

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"taskwire/adapter/chatkit"
)

func TestNewID(t *testing.T) {
	t.Parallel()
	for kind, prefix := range map[chatkit.ItemKind]string{
		chatkit.KindThread: "thr", chatkit.KindAttachment: "atc", chatkit.KindUserMessage: "msg", chatkit.KindAssistantMessage: "msg",
		chatkit.KindClientToolCall: "tc", chatkit.KindWidget: "msg", chatkit.KindGeneratedImage: "msg", chatkit.KindStructuredInput: "msg",
		chatkit.KindWorkflow: "wf", chatkit.KindTask: "tsk", chatkit.KindEndOfTurn: "msg", chatkit.KindHiddenContext: "msg",
		chatkit.KindSDKHiddenContext: "shcx",
	} {
		shape := regexp.MustCompile("^" + prefix + "_[0-9a-hjkmnp-tv-z]{31}$")
		if id := chatkit.NewID(kind); !shape.MatchString(id) {
			t.Errorf("NewID(%s) = %s", kind, id)
		}
	}
}

func TestIDsAreOrdered(t *testing.T) {
	t.Parallel()
	kinds := []chatkit.ItemKind{chatkit.KindWorkflow, chatkit.KindUserMessage, chatkit.KindThread}
	var ids []string
	for i := range 10000 {
		_, order, _ := strings.Cut(chatkit.NewID(kinds[i%len(kinds)]), "_")
		ids = append(ids, order)
	}
	if !slices.IsSorted(ids) {
		t.Error("ids that were made one after the other are not in order")
	}
}

func TestIDsAreUnique(t *testing.T) {
	t.Parallel()
	const makers, each = 8, 5000
	var wg sync.WaitGroup
	made := make([][]string, makers)
	for m := range made {
		wg.Go(func() {
			for range each {
				made[m] = append(made[m], chatkit.NewID(chatkit.KindUserMessage))
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	stamps := map[string]bool{}
	for _, ids := range made {
		for _, id := range ids {
			seen[id] = true
			stamps[id[:15]] = true
		}
	}
	if len(seen) != makers*each || len(stamps) != makers*each {
		t.Errorf("%d ids, %d times among %d", len(seen), len(stamps), makers*each)
	}
}

func BenchmarkNewID(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		chatkit.NewID(chatkit.KindUserMessage)
	}
}
