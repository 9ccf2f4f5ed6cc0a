package main

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var row = regexp.MustCompile(`(?m)^\| (P\d+) \| (.*) \| (.*) \|$`)

// The page for operators has every promise, and the large numbers that are held
// against what was counted.
func TestPageSaysTheNumbers(t *testing.T) {
	page, err := os.ReadFile("../docs/promises.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := row.FindAllStringSubmatch(string(page), -1)
	if len(rows) != len(promises) {
		t.Fatalf("the page has %d promises, the table %d", len(rows), len(promises))
	}
	for i, p := range promises {
		if rows[i][1] != p.ID {
			t.Fatalf("row %d of the page is %s, want %s", i+1, rows[i][1], p.ID)
		}
		text := strings.ReplaceAll(rows[i][2]+" "+rows[i][3], ",", "")
		for _, n := range p.Needs {
			if n.Control || n.Runs < 1000 && p.ID != "P1" && p.ID != "P2" || mentions(text, n.Runs) {
				continue
			}
			t.Errorf("%s: the page does not say %d (%s)", p.ID, n.Runs, n.What)
		}
	}
}

// mentions looks for a number, or for two whose product it is.
func mentions(text string, number int) bool {
	product := 1
	for _, digits := range regexp.MustCompile(`\d+`).FindAllString(text, -1) {
		n, _ := strconv.Atoi(digits)
		if n == number {
			return true
		}
		product *= n
	}
	return product == number
}
