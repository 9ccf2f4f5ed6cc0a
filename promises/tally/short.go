//go:build !promises

package tally

// Long reports a run of `make promises`.
const Long = false
