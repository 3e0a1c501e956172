/** The Element Plus components in use; one list, so that the bundle carries no other. */
import type { App } from 'vue'
import {
  ElAlert, ElBadge, ElButton, ElCheckbox, ElCheckboxGroup, ElConfigProvider, ElDatePicker, ElDialog, ElDrawer, ElDropdown,
  ElDropdownItem, ElDropdownMenu, ElForm, ElFormItem, ElIcon, ElInput, ElInputNumber, ElLoading, ElOption,
  ElPagination, ElPopover, ElRadio, ElRadioButton, ElRadioGroup, ElSelect, ElSkeleton, ElSwitch, ElTabPane,
  ElTabs, ElTooltip,
} from 'element-plus'
import 'element-plus/dist/index.css'
import 'element-plus/theme-chalk/dark/css-vars.css'

const COMPONENTS = [
  ElAlert, ElBadge, ElButton, ElCheckbox, ElCheckboxGroup, ElConfigProvider, ElDatePicker, ElDialog, ElDrawer, ElDropdown,
  ElDropdownItem, ElDropdownMenu, ElForm, ElFormItem, ElIcon, ElInput, ElInputNumber, ElLoading, ElOption,
  ElPagination, ElPopover, ElRadio, ElRadioButton, ElRadioGroup, ElSelect, ElSkeleton, ElSwitch, ElTabPane,
  ElTabs, ElTooltip,
]

export function useElement(app: App): void {
  for (const component of COMPONENTS) app.use(component)
}
