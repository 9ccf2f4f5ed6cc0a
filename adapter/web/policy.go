package web

import (
	"net/url"
	"strings"
)

// chatKitStyle is the hash of the style that ChatKit's script puts into the page
// that holds its frame.
const chatKitStyle = "'sha256-G2shiuZXM1qoGNHm7OQ6u7Ye45SO8f8LKO17q0kfGvw='"

// policy is the page's Content-Security-Policy: nothing inline but the style
// that we know, nothing from elsewhere but ChatKit where it is on, and the
// user's token from where they are signed in. Without ChatKit no string can
// become HTML at all (Trusted Types).
func policy(cfg Config, style string) string {
	script, frame, styles := "'self'", "'none'", hashed(style)
	images, fonts := "'self' data: blob:", "'none'"
	if origin := originOf(cfg.ChatKit.Script); cfg.ChatKit.Enabled && origin != "" {
		script, frame = script+" "+origin, origin
		styles += " " + chatKitStyle
		images, fonts = images+" "+origin, origin
	}
	connect := "'self'"
	if origin := originOf(cfg.TokenURL); origin != "" {
		connect += " " + origin
	}
	directives := []string{
		"default-src 'none'", "script-src " + script, "style-src " + styles, "img-src " + images, "font-src " + fonts,
		"connect-src " + connect, "frame-src " + frame, "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
	}
	if !cfg.ChatKit.Enabled {
		directives = append(directives, "require-trusted-types-for 'script'", "trusted-types 'none'")
	}
	return strings.Join(directives, "; ")
}

func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
