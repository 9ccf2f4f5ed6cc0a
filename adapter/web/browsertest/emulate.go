package browsertest

import (
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
)

// A Person is what a browser tells of who uses it and how; the zero value tells
// nothing.
type Person struct {
	Dark          bool
	ReducedMotion bool
	Locale        string // ur, en-US
	Timezone      string // IANA
}

// Emulate makes the tab that of a person.
func (tab *Tab) Emulate(p Person) {
	tab.t.Helper()
	scheme, motion := "light", "no-preference"
	if p.Dark {
		scheme = "dark"
	}
	if p.ReducedMotion {
		motion = "reduce"
	}
	call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: motion},
	}})
	if p.Timezone != "" {
		call(tab, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: p.Timezone})
	}
	if p.Locale != "" {
		call(tab, emulation.SetLocaleOverride, emulation.SetLocaleOverrideParams{Locale: p.Locale})
		agent := call(tab, browser.GetVersion, cdp.Empty{}).UserAgent
		call(tab, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: agent, AcceptLanguage: p.Locale})
	}
}

// As is Emulate before the page is opened.
func As(p Person) func(*Tab) { return func(tab *Tab) { tab.Emulate(p) } }

// Viewport sets the size of the page in CSS pixels; mobile has touch, and a
// viewport that obeys the page's meta tag.
func (tab *Tab) Viewport(width, height int64, mobile bool) {
	tab.t.Helper()
	call(tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1, Mobile: mobile,
	})
	call(tab, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: mobile})
}

// Phone is a small telephone, before the page is opened.
func Phone(tab *Tab) { tab.Viewport(360, 740, true) }

// Offline cuts the tab off the network, or connects it again.
func (tab *Tab) Offline(offline bool) {
	tab.t.Helper()
	call(tab, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Offline: offline, DownloadThroughput: -1, UploadThroughput: -1}},
	})
	call(tab, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: offline, DownloadThroughput: -1, UploadThroughput: -1})
}

// Block lets requests fail that match a pattern (URLPattern: *://*:*/*.js); none
// lets all pass.
func (tab *Tab) Block(patterns ...string) {
	tab.t.Helper()
	blocked := []*network.BlockPattern{}
	for _, pattern := range patterns {
		blocked = append(blocked, &network.BlockPattern{URLPattern: pattern, Block: true})
	}
	call(tab, network.SetBlockedURLs, network.SetBlockedURLsParams{URLPatterns: blocked})
}

// Upload clicks the element and gives the files to the chooser that it opens.
func (tab *Tab) Upload(opener *Element, files ...string) {
	tab.t.Helper()
	opener.Click()
	select {
	case chooser := <-tab.watch.choosers:
		call(tab, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: files, BackendNodeID: chooser.BackendNodeID})
	case <-time.After(patience):
		tab.fatal("%s opened no file chooser", opener)
	}
}
