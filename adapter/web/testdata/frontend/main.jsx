// Shows the sample in a page.
import { createRoot } from "react-dom/client";

import { Tasks } from "./tasks.tsx";

createRoot(document.querySelector("main")).render(<Tasks user={{ id: "u1", name: "Ada" }} />);
