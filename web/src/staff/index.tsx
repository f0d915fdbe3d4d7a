import { StaffApp } from "./staff_app";
// Ant Design's own rules first: ours come after them.
import "antd/dist/antd.css";
import "./staff.css";

export default StaffApp;
