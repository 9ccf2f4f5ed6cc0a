package chatkit

// Button does something, or submits the form that it is in.
type Button struct {
	Named
	Label     string
	Submit    bool
	OnClick   *ActionConfig
	IconStart string
	IconEnd   string
	IconSize  string // sm, md, lg, xl or 2xl
	Style     string // primary or secondary
	Color     string // primary, secondary, info, discovery, success, caution, warning or danger
	Variant   string // solid, soft, outline or ghost
	Size      string // 3xs, 2xs, xs, sm, md, lg, xl, 2xl or 3xl
	Pill      bool
	Uniform   bool // as wide as high
	Block     bool // as wide as there is room
	Disabled  bool
}

// Checkbox is ticked or not.
type Checkbox struct {
	Named
	Name           string
	Label          string
	DefaultChecked bool
	OnChange       *ActionConfig
	Disabled       bool
	Required       bool
}

// Input takes a line of text.
type Input struct {
	Named
	Name         string
	Type         string // text, email, number, password, tel or url
	DefaultValue string
	Placeholder  string
	Pattern      string
	Required     bool
	Disabled     bool
	AutoFocus    bool
	AutoSelect   bool
	Variant      string // soft or outline
	Size         string // 3xs to 3xl
	Pill         bool
}

// Textarea takes lines of text.
type Textarea struct {
	Named
	Name         string
	DefaultValue string
	Placeholder  string
	Required     bool
	Disabled     bool
	AutoFocus    bool
	AutoSelect   bool
	Rows         int
	MaxRows      int
	AutoResize   bool
	Variant      string // soft or outline
	Size         string // 3xs to 3xl
}

// A Choice is what a Select or a RadioGroup offers.
type Choice struct {
	Value       string
	Label       string
	Description string // Select
	Disabled    bool
}

// Select takes one of several choices.
type Select struct {
	Named
	Name         string
	Options      []Choice
	OnChange     *ActionConfig
	Placeholder  string
	DefaultValue string
	Variant      string // solid, soft, outline or ghost
	Size         string // 3xs to 3xl
	Pill         bool
	Block        bool
	Clearable    bool
	Disabled     bool
	Searchable   bool
}

// RadioGroup takes one of a few choices, all in view.
type RadioGroup struct {
	Named
	Name         string
	Options      []Choice
	Label        string // for screen readers
	OnChange     *ActionConfig
	DefaultValue string
	Direction    string // row or col
	Disabled     bool
	Required     bool
}

// DatePicker takes a date.
type DatePicker struct {
	Named
	Name         string
	OnChange     *ActionConfig
	Placeholder  string
	DefaultValue string // ISO 8601, as are the next two
	Min          string
	Max          string
	Variant      string // solid, soft, outline or ghost
	Size         string // 3xs to 3xl
	Side         string // top, bottom, left or right
	Align        string // start, center or end
	Pill         bool
	Block        bool
	Clearable    bool
	Disabled     bool
}

// Widget returns the button as a tree.
func (w Button) Widget() Widget {
	return component("Button", w.Named, props{
		"label": w.Label, "submit": w.Submit, "onClickAction": actionProp(w.OnClick),
		"iconStart": w.IconStart, "iconEnd": w.IconEnd, "iconSize": w.IconSize,
		"style": w.Style, "color": w.Color, "variant": w.Variant, "size": w.Size,
		"pill": w.Pill, "uniform": w.Uniform, "block": w.Block, "disabled": w.Disabled,
	})
}

// Widget returns the checkbox as a tree.
func (w Checkbox) Widget() Widget {
	return component("Checkbox", w.Named, props{
		"label": w.Label, "defaultChecked": w.DefaultChecked, "onChangeAction": actionProp(w.OnChange),
		"disabled": w.Disabled, "required": w.Required,
	}).with("name", w.Name)
}

// Widget returns the input as a tree.
func (w Input) Widget() Widget {
	return component("Input", w.Named, props{
		"inputType": w.Type, "defaultValue": w.DefaultValue, "placeholder": w.Placeholder, "pattern": w.Pattern,
		"required": w.Required, "disabled": w.Disabled, "autoFocus": w.AutoFocus, "autoSelect": w.AutoSelect,
		"variant": w.Variant, "size": w.Size, "pill": w.Pill,
	}).with("name", w.Name)
}

// Widget returns the input as a tree.
func (w Textarea) Widget() Widget {
	return component("Textarea", w.Named, props{
		"defaultValue": w.DefaultValue, "placeholder": w.Placeholder, "required": w.Required, "disabled": w.Disabled,
		"autoFocus": w.AutoFocus, "autoSelect": w.AutoSelect, "rows": orNil(w.Rows), "maxRows": orNil(w.MaxRows),
		"autoResize": w.AutoResize, "variant": w.Variant, "size": w.Size,
	}).with("name", w.Name)
}

// Widget returns the select as a tree.
func (w Select) Widget() Widget {
	return component("Select", w.Named, props{
		"onChangeAction": actionProp(w.OnChange), "placeholder": w.Placeholder, "defaultValue": w.DefaultValue,
		"variant": w.Variant, "size": w.Size, "pill": w.Pill, "block": w.Block,
		"clearable": w.Clearable, "disabled": w.Disabled, "searchable": w.Searchable,
	}).with("name", w.Name).with("options", choices(w.Options))
}

// Widget returns the group as a tree.
func (w RadioGroup) Widget() Widget {
	return component("RadioGroup", w.Named, props{
		"ariaLabel": w.Label, "onChangeAction": actionProp(w.OnChange), "defaultValue": w.DefaultValue,
		"direction": w.Direction, "disabled": w.Disabled, "required": w.Required,
	}).with("name", w.Name).with("options", choices(w.Options))
}

// Widget returns the date picker as a tree.
func (w DatePicker) Widget() Widget {
	return component("DatePicker", w.Named, props{
		"onChangeAction": actionProp(w.OnChange), "placeholder": w.Placeholder, "defaultValue": w.DefaultValue,
		"min": w.Min, "max": w.Max, "variant": w.Variant, "size": w.Size, "side": w.Side, "align": w.Align,
		"pill": w.Pill, "block": w.Block, "clearable": w.Clearable, "disabled": w.Disabled,
	}).with("name", w.Name)
}

func choices(options []Choice) []any {
	list := make([]any, len(options))
	for i, o := range options {
		choice := Widget{"value": o.Value, "label": o.Label}
		choice.set("description", o.Description)
		choice.set("disabled", o.Disabled)
		list[i] = map[string]any(choice)
	}
	return list
}
